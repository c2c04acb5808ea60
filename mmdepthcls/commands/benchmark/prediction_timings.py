"""What a prediction from file to file costs beside the network alone."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch
from mmengine.dataset import pseudo_collate

from ...apis.depth_inferencer import DepthInferencer
from ...apis.exported_model import ExportedModel
from ...apis.picture_source import PictureSources
from ..predict.file_kinds import FileSettings
from ..predict.prediction_folder import PredictionFolder
from ..predict.prediction_run import PredictionRun


class Seconds(NamedTuple):
    """Seconds a picture: of the clock, of all threads, of the thread that the network is in."""
    wall: float
    cpu: float
    main: float


def time_predictions(inferencer: DepthInferencer, paths: Sequence[str], rounds: int, kinds: Sequence[str] = ('png', ),
                     workers: int = 2) -> dict[str, Seconds]:
    """Medians over rounds in which all of these take turns.

    Args:
        inferencer: predicts.
        paths: pictures.
        rounds: how often.
        kinds: files that are written.
        workers: threads that read, and as many that write.

    Returns:
        'network': backbone and head alone, on inputs that are ready; 'network and depth': with normalisation, decoding
        and the way back to the size of the picture; 'files to files': in one thread; 'files to files, beside': with
        reading and writing in others.

    Raises:
        ValueError: if a picture cannot be predicted, and for exported files.
    """
    prepared = [inferencer.prepare(source) for source in PictureSources(list(paths))]
    classifier = inferencer.loaded.classifier
    if isinstance(classifier, ExportedModel):
        raise ValueError('an exported file has no network alone to time: give the model file that it was made of')
    inputs = [classifier.data_preprocessor(pseudo_collate([each.packed]), False)['inputs'] for each in prepared]

    def network():
        for each in inputs:
            classifier.decode_head.forward(classifier.extract_feat(each))

    def depth():
        for each in prepared:
            inferencer.predict([each])

    def files(number):
        with TemporaryDirectory() as out, PredictionFolder(out, {}) as folder:
            run = PredictionRun(inferencer, folder, kinds, FileSettings(), workers=number, progress=False)
            failed = run.run(PictureSources(list(paths))).failed
        if failed:
            raise ValueError(f'{failed[0][0]}: {failed[0][1]}')

    functions = {'network': network, 'network and depth': depth, 'files to files': lambda: files(0),
                 'files to files, beside': lambda: files(workers)}
    with torch.no_grad():
        return _take_turns(functions, rounds, len(prepared))


def _take_turns(functions: dict[str, Callable[[], None]], rounds: int, pictures: int) -> dict[str, Seconds]:
    taken: dict[str, list[Seconds]] = {name: [] for name in functions}
    for _ in range(rounds + 1):
        for name, function in functions.items():
            before = time.perf_counter(), time.process_time(), time.thread_time()
            function()
            after = time.perf_counter(), time.process_time(), time.thread_time()
            taken[name].append(Seconds(*((end - begin) / pictures for begin, end in zip(before, after, strict=True))))
    # The first round warms up.
    return {name: Seconds(*map(median, zip(*each[1:], strict=True))) for name, each in taken.items()}
