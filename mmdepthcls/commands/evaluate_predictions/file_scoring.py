"""Predictions in files, made by any program, scored under protocols. Pure.

How a prediction was made cannot be seen in its file: :class:`Making` declares it, and a protocol that needs another one
is not scored.
"""
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ...count_text import counted, some_of
from ...crops import KB_SIZE, crop_region
from ...datasets.depth_format import DepthFormat
from ...evaluation.files.prediction_files import find_predictions, frame_of_name, read_prediction
from ...evaluation.files.prediction_pairs import no_pair_message, pair_predictions, unmatched
from ...evaluation.files.prediction_units import likeness
from ...evaluation.protocol_scores import score_image
from ...evaluation.protocols import FLIPS, build_protocols
from ...evaluation.views import Views, unmade
from ...parallel import map_parallel
from .score_tables import FileScores, FrameScores

INPUT_CROPS = ('size', None, 'kb', 'any')
# Fewer frames than these are scored in less time than it takes to start processes.
FRAMES_FOR_PROCESSES = 500


@dataclass(frozen=True)
class Making:
    """How the predictions in files were made.

    Args:
        input_crop (str, optional): what the network saw. None: whole frames; 'kb': their 352 x 1216 crop, of which the
            files hold that or the frame around it; 'size': the file's size tells; 'any': does not matter, protocols
            take what there is and say so.
        flip (str, optional): how the files combine the predictions for the image and its mirror image: 'mean',
            'blend', or None: the plain one.
        depth_format (DepthFormat): what the numbers in the files mean.
        affix (str, optional): what their names have in front or behind, see
            :func:`~.prediction_pairs.pair_predictions`.
        resize (bool): resize predictions of another size, bilinearly.

    Raises:
        ValueError: for another crop or flip.
    """
    input_crop: str | None = 'size'
    flip: str | None = None
    depth_format: DepthFormat = DepthFormat()
    affix: str | None = None
    resize: bool = False

    def __post_init__(self):
        if self.input_crop not in INPUT_CROPS or self.flip not in FLIPS:
            raise ValueError(f'input_crop must be one of {INPUT_CROPS} and flip one of {FLIPS}, got '
                             f'{self.input_crop!r} and {self.flip!r}')


def score_files(folder, frames, protocols, making=None, allow_missing=False, workers=None, progress=True):
    """Score the predictions in a folder.

    Args:
        folder (str | Path): of the predictions, see :func:`~.prediction_files.find_predictions`.
        frames (list[TruthFrame]): ground truths, see :mod:`.ground_truth_files`.
        protocols (sequence): see :func:`~.protocols.build_protocol`.
        making (Making, optional): how the predictions were made. Default: as the files' sizes say, without flip.
        allow_missing (bool): score only what is there. Default: a missing prediction is scored as one in which no pixel
            is predicted.
        workers (int, optional): processes. Default: one a CPU, and one alone for a few frames.
        progress (bool): show a progress line on stderr.

    Returns:
        FileScores

    Raises:
        FileNotFoundError: if there is no prediction at all.
        ValueError: if predictions cannot be told apart, belong to no frame, or have another size than their ground
            truth.
    """
    making = making or Making()
    protocols = build_protocols(protocols)
    if making.input_crop == 'any':
        protocols = [replace(protocol, input_crop='any') for protocol in protocols]
    files = find_predictions(folder, making.depth_format and making.depth_format.mask)
    names = [frame.name for frame in frames]
    pairs = pair_predictions(folder, files, names, making.affix, making.depth_format)
    found = pairs.found
    if not found:
        raise ValueError(no_pair_message(folder, files, names))
    jobs = [(frame, str(Path(folder, found[frame.name])) if frame.name in found else None) for frame in frames]
    results = dict(map_parallel(
        partial(score_frame, protocols=protocols, making=making), jobs, title='Scoring', unit='frames',
        workers=workers or (1 if len(jobs) < FRAMES_FOR_PROCESSES else None), progress=progress))
    return FileScores(protocols, [results[index] for index in range(len(jobs))],
                      unmatched(folder, files, pairs), allow_missing,
                      [*pairs.notes, *_doubt_of_files(folder, frames, found)])


def _doubt_of_files(folder, frames, found):
    """list[str]: a line where predictions are the very files of their ground truth."""
    own = [file for frame in frames if frame.name in found for file in [str(Path(folder, found[frame.name]))]
           if os.path.realpath(file) in map(os.path.realpath, frame.files.values())]
    return own and [f'Doubt: {len(own)} of {counted(len(found), "prediction")} ({some_of(own, 2)}) are the files of '
                    'the ground truth itself, and nothing was predicted. The folder of the predictions comes first, '
                    'that of the ground truth second; where one folder holds both, --pred-affix WORD tells them apart']


def score_frame(job, protocols, making):
    """Score one frame.

    Args:
        job (tuple[TruthFrame, str or None]): the frame, and the file of its prediction if there is one.
        protocols (list[Protocol])
        making (Making)

    Returns:
        FrameScores

    Raises:
        OSError, ValueError: for a file that is damaged or of another size; names it.
    """
    frame, file = job
    truths = frame.load()
    if not truths:
        return FrameScores(frame, file, {}, {})
    shape = next(iter(truths.values())).shape
    # The files hold what has been combined already: it is scored as a plain prediction.
    combined = [replace(protocol, flip=None) for protocol in protocols]
    if file is None:
        return FrameScores(frame, None, *_score(combined, partial(_nothing, shape), truths, frame.name))
    pred = read_prediction(file, making.depth_format)
    views = _views(pred, shape, making, file, frame)
    scores, reasons = _score(combined, lambda protocol: views, truths, frame.name)
    for protocol in protocols:
        if protocol.flip != making.flip:
            scores.pop(protocol.name, None)
            reason = f'needs flip={protocol.flip or "none"}, the files are declared flip={making.flip or "none"}'
            reasons[protocol.name] = '; '.join([reason, *filter(None, [reasons.get(protocol.name)])])
    bad_masks = np.isnan(pred), np.isinf(pred), (pred <= 0) & np.isfinite(pred)
    return FrameScores(frame, file, scores, reasons, tuple(int(np.count_nonzero(mask)) for mask in bad_masks),
                       likeness(pred, next(iter(truths.values()))))


def _score(protocols, views_for, truths, name):
    """Scores, and reasons why there is none, by the protocols' names."""
    scores, reasons, groups = {}, {}, {}
    shape = next(iter(truths.values())).shape
    for protocol in protocols:
        views = views_for(protocol)
        reason = unmade(protocol, views, shape)
        if reason:
            reasons[protocol.name] = reason
        else:
            groups.setdefault(views.crop_box, (views, []))[1].append(protocol)
    try:
        for views, group in groups.values():
            scores.update(score_image(views, truths, group, name=name).scores)
    except ValueError as error:
        raise ValueError(f'{name}: {error}') from error
    return scores, reasons


def _kb_box(shape):
    """The KB crop of a frame as (top, left, height, width), or None where the frame is smaller."""
    if shape[0] < KB_SIZE[0] or shape[1] < KB_SIZE[1]:
        return None
    rows, columns = crop_region('kb', *shape)
    return rows.start, columns.start, *KB_SIZE


def _nothing(shape, protocol):
    """What a protocol needs, without any pixel predicted."""
    box = _kb_box(shape) if protocol.input_crop == 'kb' else None
    return Views(np.zeros(box[2:] if box else shape, np.float32), None, box)


def _views(pred, shape, making, file, frame):
    """What a file holds, as a part of its frame."""
    box = None
    if making.input_crop == 'kb':
        box = _kb_box(shape)
        if box is None:
            raise ValueError(f'{frame.name}: {shape[0]} x {shape[1]} pixels have no KB crop, but the predictions are '
                             'declared to be of it. Declare another input crop.')
        if pred.shape == shape:
            pred = pred[box[0]:box[0] + box[2], box[1]:box[1] + box[3]]
    elif making.input_crop is not None and pred.shape == KB_SIZE != shape and frame_of_name(frame.name):
        box = _kb_box(shape)
    expected = box[2:] if box else shape
    truth = next(iter(frame.files.values()))
    if pred.shape == expected[::-1] != expected:
        raise ValueError(f'{file} has {pred.shape[0]} x {pred.shape[1]} pixels, its ground truth {truth} has '
                         f'{shape[0]} x {shape[1]}: rows and columns of the prediction are exchanged. Save depth.T, '
                         '(H, W).')
    if pred.shape != expected and not making.resize:
        raise ValueError(f'{file} has {pred.shape[0]} x {pred.shape[1]} pixels, its ground truth {truth} has '
                         f'{shape[0]} x {shape[1]}; expected {expected[0]} x {expected[1]}. If the prediction shows '
                         f'{"the KB crop" if box else "the whole frame"}, --resize resizes it; if it shows the crop '
                         f'of {KB_SIZE[0]} x {KB_SIZE[1]}, declare --input-crop kb.')
    return Views(pred, None, box)
