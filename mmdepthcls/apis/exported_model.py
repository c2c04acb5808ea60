"""A network of an ONNX or OpenVINO file, in the place of a ``DepthClassifier`` that predicts."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData

from ..bins import DepthBins
from ..models.decoded_maps import resized
from ..models.frame import paste_into_frame
from .exported_description import FOCAL_INPUT, ExportedDescription
from .graph_file import OPENVINO, read_exported_description
from .pinned_classes import host_scope, pinned_class
from .tensor_file import ModelFileError

INSTALL = "pip install 'mmdepthcls[export]'"


class ExportedModel:
    """Predicts with ONNX Runtime (``.onnx``) or OpenVINO (``.xml``, in float32), as ``DepthClassifier.test_step`` does.

    Args:
        path: of a file that ``mmdepthcls export`` has written.
        threads: of the program that computes; 0: as it likes.

    Raises:
        ModelFileError: for a file that is none, or damaged; names it.
        ImportError: if the program that computes it is not installed.
    """

    def __init__(self, path: str | Path, threads: int = 0) -> None:
        self.description: ExportedDescription = read_exported_description(path)
        model = self.description.model
        with host_scope():
            settings = {key: value for key, value in model.bins.items() if key != 'type'}
            self.bins: DepthBins = pinned_class('bins', model.bins['type'])(**settings)
        # Only asked for what a classifier would be asked for besides.
        self.test_cfg = ConfigDict(outputs=(), flip=False, mode='whole')
        start = _openvino if Path(path).suffix.lower() == OPENVINO else _onnx_runtime
        try:
            self.run = start(str(path), threads)
        except ImportError:
            raise
        except Exception as error:  # of the program, in its own forms
            raise ModelFileError(f'{path} cannot be loaded: {_first_line(error)}') from error

    def check_outputs(self, outputs: Sequence[str]) -> None:
        """Refuse outputs that the file has not.

        Raises:
            ValueError: names them.
        """
        lacking = sorted(set(outputs) - set(self.description.outputs))
        if lacking:
            raise ValueError(f'the exported file gives {", ".join(self.description.outputs)}, and no '
                             f'{", ".join(lacking)}. Predict with the model file that it was made of')

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Predict pictures of one size.

        Args:
            images: (N, H, W, 3) RGB, 0..255.

        Returns:
            Output -> float32 array, see :class:`~mmdepthcls.apis.exported_description.ExportedDescription`; metres of
            an unknown camera where a file takes focal lengths.

        Raises:
            ValueError: for another size than the file's.
        """
        about = self.description
        if about.size is not None and images.shape[1:3] != about.size:
            raise ValueError('the exported file takes pictures of {} x {} pixels, after its pipeline this one has '
                             '{} x {}. Export without --size for any size'.format(*about.size, *images.shape[1:3]))
        parts = [self.predicted(images[at:at + (about.batch or len(images))])
                 for at in range(0, len(images), about.batch or len(images))]
        return {name: np.concatenate([part[name] for part in parts]) for name in about.outputs}

    def test_step(self, data: dict[str, Any]) -> list[Any]:
        """Results of pictures of one size, as ``DepthClassifier.test_step`` gives them.

        Args:
            data: ``inputs``, (3, H, W) BGR each, and ``data_samples``.
        """
        images = torch.stack(list(data['inputs'])).flip(1).permute(0, 2, 3, 1)
        maps = self(images.contiguous().numpy())
        for index, sample in enumerate(data['data_samples']):
            for name in self.description.outputs:
                values = torch.from_numpy(maps[name][index])
                values = resized(values if values.dim() == 3 else values[None], sample.metainfo['ori_shape'], False)
                field = 'pred_depth_map' if name == 'depth' else f'pred_{name}'
                sample.set_data({field: PixelData(data=paste_into_frame(values, sample.metainfo, 0))})
        return list(data['data_samples'])

    def predicted(self, images: np.ndarray, focal_px: float | None = None) -> dict[str, np.ndarray]:
        """Predict as many pictures as the file takes at a time, or fewer.

        Args:
            images: (N, H, W, 3) RGB, 0..255.
            focal_px: of all, where the file takes it; None or 0: unknown.
        """
        about, number = self.description, len(images)
        if about.batch is not None and number < about.batch:  # the last few: the rest is thrown away
            images = np.concatenate([images, np.repeat(images[-1:], about.batch - number, axis=0)])
        inputs = dict(image=images.astype(about.image, copy=False))
        if about.focal == FOCAL_INPUT:
            inputs['focal_px'] = np.full(len(images), focal_px or 0, np.float32)
        return {name: values[:number] for name, values in self.run(inputs, about.outputs).items()}


def _onnx_runtime(path, threads):
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(f'{path} needs ONNX Runtime: {INSTALL}') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])

    def run(inputs, names):
        return dict(zip(names, session.run(list(names), inputs), strict=True))

    return run


def _openvino(path, threads):
    try:
        import openvino
    except ImportError as error:
        raise ImportError(f'{path} needs OpenVINO: {INSTALL}') from error
    settings = {'INFERENCE_PRECISION_HINT': 'f32', 'INFERENCE_NUM_THREADS': threads}
    compiled = openvino.Core().compile_model(path, 'CPU', settings)

    def run(inputs, names):
        results = compiled(inputs)
        return {name: np.array(results[name]) for name in names}

    return run


def _first_line(error):
    return next((line.strip()[:200] for line in str(error).splitlines() if line.strip()), type(error).__name__)
