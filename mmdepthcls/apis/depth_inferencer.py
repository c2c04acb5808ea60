"""From pictures to metres, with a model file or a config and a checkpoint."""
from __future__ import annotations

import copy
import os
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device

from ..camera import TO_PREDICT, PictureCamera, focal_correction, missing_focal
from ..datasets.cameras.camera_finder import CameraFinder
from .depth_result import OUTPUTS, DepthResult, supervised_mask
from .exported_model import ExportedModel
from .film_smoothing import FilmSmoother, check_smoothing, film_of
from .graph_file import SUFFIXES
from .input_pipeline import InputPipeline
from .interval_widening import widened
from .loaded_model import LoadedModel, load_any_model
from .picture_source import PictureSource, PictureSources, source_of
from .prepared_picture import PreparedPicture, prepare_picture
from .read_ahead import attempt, read_ahead

MAX_PIXELS = 2**21  # of what a network is given: 71 bins of so many pixels are 0.6 GB
IN_METRES = ('interval', 'std')
OF_ONE_CAMERA = ("not corrected by the focal length: the model's scale was calibrated without focal lengths and holds "
                 'for the camera of that calibration alone. Calibrated with the focal length (mmdepthcls calibrate '
                 '--focal-px PX) it holds for others')


class DepthInferencer:
    """Predicts metric depth of pictures, folders, films and arrays.

    >>> inferencer = DepthInferencer('model.safetensors')                                        # doctest: +SKIP
    >>> result = inferencer('street.jpg')                                                        # doctest: +SKIP
    >>> result.depth[200, 300], result.confidence[200, 300], result.points().xyz.shape           # doctest: +SKIP

    Args:
        model: a model file (``mmdepthcls publish``) or a file that ``mmdepthcls export`` made of one (``.onnx``, or
            ``.xml`` with its ``.bin``), which is computed by ONNX Runtime or OpenVINO on the CPU; default: the one that
            comes with the package. Or give ``config`` and ``checkpoint``.
        config: of a ``DepthClassifier``: path or ``Config``. Its own test pipeline prepares the pictures.
        checkpoint: its weights.
        device: such as 'cpu' or 'cuda:0'. Default: a GPU where there is one.
        cfg_options: keys of the config to override, see ``--cfg-options``.
        tta: test-time augmentation: by the config's ``tta_pipeline`` and ``tta_model``; where there is none, the
            picture and its mirror image.
        cameras, focal_px, fov: see :class:`~mmdepthcls.datasets.cameras.camera_finder.CameraFinder`.
        focal_correction: answer pictures of known focal length in corrected metres (:mod:`mmdepthcls.camera`). A model
            whose scale was calibrated without focal lengths (``loaded.of_one_camera``) corrects nothing: its metres are
            those of the camera of that calibration, and a call that knows another warns.
        trained_focal_px: focal length that the model was trained at, in pixels of the network's input, where a model
            file does not say it.
        max_pixels: larger pictures are reduced to so many before they go to the network; results keep the picture's
            size.
        smooth_frames: smooth films, cameras and streams of arrays over time with this time constant
            (:mod:`mmdepthcls.apis.film_smoothing`); ``smoother`` then says the flicker. Default: not.

    Raises:
        ValueError: for models that cannot be used so; says what to give.
        BinMismatchError: for weights of other bins.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, *, config: str | Config | None = None,
                 checkpoint: str | os.PathLike[str] | None = None, device: str | None = None,
                 cfg_options: dict | None = None, tta: bool = False, cameras: Any = None,
                 focal_px: float | None = None, fov: float | None = None, focal_correction: bool = True,
                 trained_focal_px: float | None = None, max_pixels: int = MAX_PIXELS,
                 smooth_frames: float | None = None) -> None:
        if max_pixels < 1:
            raise ValueError(f'max_pixels must be at least 1, got {max_pixels}')
        self.cameras = CameraFinder(cameras, focal_px, fov)
        exported = model is not None and os.fspath(model).lower().endswith(SUFFIXES)
        self.device = device or ('cpu' if exported else get_device())
        if not exported:  # which says so itself
            _check_device(self.device)
        self.loaded: LoadedModel = load_any_model(model, config, checkpoint, self.device, cfg_options, tta)
        self.model = self.loaded.model
        self.pipeline: InputPipeline = self.loaded.pipeline
        self.trained_focal_px = self.loaded.focal_px if trained_focal_px is None else trained_focal_px
        if self.trained_focal_px is not None:
            PictureCamera(self.trained_focal_px, source='the focal length trained at')
        canonical = self.loaded.canonical_focal_px
        if canonical is not None and self.trained_focal_px != canonical:
            raise ValueError(f'trained_focal_px (--trained-focal-px) is {self.trained_focal_px:g}, but the model was '
                             f'trained with a canonical camera of {canonical:g} px. Leave it out')
        self.focal_correction, self.max_pixels = focal_correction, max_pixels
        self.smoother: FilmSmoother | None = None
        if smooth_frames is not None:
            classifier = self.loaded.classifier
            if isinstance(classifier, ExportedModel):
                raise ValueError(f'{model} gives metres and no probabilities of bins, which smoothing averages. Give '
                                 'the model file that it was made of')
            check_smoothing(smooth_frames, classifier.decoder, tta)
            self.smoother = FilmSmoother(smooth_frames, classifier.bins)
        self._lock = threading.Lock()

    def __call__(self, inputs: Any, *, outputs: Sequence[str] = (), batch_size: int = 1) -> Any:
        """Predict pictures.

        Args:
            inputs: a path (of a picture, folder, pattern, list, film), an (H, W, 3) uint8 RGB array, or a list of them.
            outputs: of 'confidence', 'interval', 'std', 'entropy', what is wanted at once. Others are computed, by
                another run of the network, when they are first asked for.
            batch_size: pictures that go through the network together, as far as their sizes are the same.

        Returns:
            A :class:`~mmdepthcls.apis.depth_result.DepthResult` for one picture or array, else a list of them. For many
            pictures :meth:`stream` holds few at a time.

        Raises:
            OSError, ValueError, TypeError: for what cannot be read; names it.
        """
        sources = PictureSources(inputs)
        results = list(self.stream(sources, outputs=outputs, batch_size=batch_size))
        if self.focal_correction and self.loaded.of_one_camera and any(each.camera for each in results):
            warnings.warn(OF_ONE_CAMERA, stacklevel=2)
        return results[0] if _is_one(inputs) else results

    def stream(self, inputs: Any, *, outputs: Sequence[str] = (), batch_size: int = 1, workers: int = 2,
               broken: Callable[[PictureSource, Exception], None] | None = None
               ) -> Generator[DepthResult, None, None]:
        """Predict many pictures, one after the other, in order; only those in work are in memory.

        Args:
            inputs: see :meth:`__call__`; or an iterator of paths of pictures, arrays or
                :class:`~mmdepthcls.apis.picture_source.PictureSource`, which is asked for the next when there is room.
            outputs: likewise.
            batch_size: likewise.
            workers: threads that read and prepare pictures meanwhile; 0: none.
            broken: is told of pictures that cannot be read or predicted, and the others go on. Default: the first
                raises.

        Yields:
            A result a picture.
        """
        self.check_outputs(outputs)
        if batch_size < 1 or workers < 0:
            raise ValueError(f'batch_size must be at least 1 and workers at least 0, got {batch_size} and {workers}')
        if self.smoother is not None:
            batch_size = 1  # a frame that is tried once more with its neighbors would count twice
        sources = inputs if isinstance(inputs, PictureSources) else (
            map(source_of, inputs, count()) if isinstance(inputs, Iterator) else PictureSources(inputs))
        batch: list[PreparedPicture] = []
        for prepared in read_ahead(sources, self.prepare, workers, batch_size + workers, broken):
            if batch and prepared.kind != batch[0].kind:
                yield from self._predicted(batch, outputs, broken)
                batch = []
            batch.append(prepared)
            if len(batch) == batch_size:
                yield from self._predicted(batch, outputs, broken)
                batch = []
        if batch:
            yield from self._predicted(batch, outputs, broken)

    def check_outputs(self, outputs: Sequence[str]) -> None:
        """Refuse outputs that the model cannot give.

        Raises:
            ValueError: names them.
        """
        unknown = set(outputs) - set(OUTPUTS)
        if unknown:
            raise ValueError(f'outputs may hold {", ".join(OUTPUTS)}; got {sorted(unknown)}')
        self.loaded.check_outputs(outputs)

    def prepare(self, source: PictureSource, camera: PictureCamera | None = None) -> PreparedPicture:
        """Read a picture, find its camera, and make the network's input of it.

        Args:
            source: the picture.
            camera: that took it, where nothing else says it.

        Raises:
            ValueError: for a picture of an unknown camera, if the model was trained with a canonical one and its metres
                are corrected.
        """
        picture = source.read()
        camera = self.cameras.find(source.path, picture.shape[:2], source.name) or camera
        canonical = self.loaded.canonical_focal_px
        if canonical is not None and camera is None and self._corrects:
            raise ValueError(missing_focal(source, remedy=TO_PREDICT))
        prepared = prepare_picture(source, picture, camera, self.pipeline, self.max_pixels, canonical)
        if canonical is not None:
            prepared.take_for(canonical)  # the correction follows, as for every model
        return prepared

    def predict(self, batch: Sequence[PreparedPicture], outputs: Sequence[str] = ()) -> list[DepthResult]:
        """Predict prepared pictures of one size together."""
        return [self._result(prepared, maps) for prepared, maps in zip(batch, self._maps(batch, outputs), strict=True)]

    def logits(self, prepared: PreparedPicture, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Logits of the model's bins at pixels of a prepared picture, divided by the model's temperature.

        Args:
            prepared: the picture.
            rows, columns: (Q, ) of its pixels, of the part that the network sees.

        Returns:
            (Q, K) float32.
        """
        with self._lock, torch.no_grad(), self._asking(('logits', )):
            sample, = self.loaded.classifier.test_step(pseudo_collate([prepared.packed]))
        logits, (top, left, height, width) = sample.get('seg_logits').data, prepared.box
        row = ((rows + 0.5 - top) * (logits.shape[1] / height)).astype(np.intp).clip(0, logits.shape[1] - 1)
        column = ((columns + 0.5 - left) * (logits.shape[2] / width)).astype(np.intp).clip(0, logits.shape[2] - 1)
        return np.ascontiguousarray(logits[:, row, column].float().cpu().numpy().T)

    @property
    def _corrects(self):
        return self.focal_correction and not self.loaded.of_one_camera

    def _predicted(self, batch, outputs, broken):
        try:
            results = self.predict(batch, outputs)
        except Exception:
            if len(batch) == 1 and broken is None:
                raise
            # One of them may be the reason.
            results = [attempt(each.source, lambda each=each: self.predict([each], outputs)[0], broken)
                       for each in batch]
        yield from (each for each in results if each is not None)

    def _maps(self, batch, outputs):
        """list[dict[str, ndarray]]: of each picture depth and outputs, (C, H, W), in the model's own metres."""
        self.check_outputs(outputs)
        names = dict(depth='depth_map', **{name: name for name in outputs})
        with self._lock, torch.no_grad(), self._asking(outputs):
            if self._is_smoothed(batch[0]):
                return [self._smoothed_maps(each, names) for each in batch]
            samples = self.model.test_step(pseudo_collate([each.packed for each in batch]))
        return [{name: each.in_picture(sample.get(f'pred_{field}').data.float().cpu().numpy())
                 for name, field in names.items()} for each, sample in zip(batch, samples, strict=True)]

    def _is_smoothed(self, prepared):
        return self.smoother is not None and film_of(prepared.source) is not None

    def _smoothed_maps(self, prepared, names):
        """As :meth:`_maps`, of a frame."""
        classifier, smoother = self.loaded.classifier, self.smoother
        data = classifier.data_preprocessor(pseudo_collate([prepared.packed]), False)
        inputs, samples = data['inputs'], data['data_samples']
        metainfos = [sample.metainfo for sample in samples]
        logits = classifier.refine(classifier.inference(inputs, metainfos), inputs, metainfos)
        found = []
        for each in (logits, smoother.smooth(logits, prepared.source, prepared.picture)):
            sample, = classifier.postprocess_result(each, copy.deepcopy(samples), inputs.shape[2:])
            found.append({name: prepared.in_picture(sample.get(f'pred_{field}').data.float().cpu().numpy())
                          for name, field in names.items()})
        plain, smoothed = found
        smoother.count(plain['depth'][0], smoothed['depth'][0])
        return smoothed

    @contextmanager
    def _asking(self, outputs):
        """Let the model give these outputs, and nothing that its config asks for besides."""
        classifier, model = self.loaded.classifier, self.model
        before = {key: classifier.test_cfg[key] for key in ('outputs', 'flip')}
        averaged = model is not classifier  # views are merged from their logits
        try:
            classifier.test_cfg.update(outputs=(*outputs, *(['logits'] * averaged)), flip=False)
            if averaged:
                model.asked_for_logits = False
            yield
        finally:
            classifier.test_cfg.update(before)

    def _result(self, prepared, maps):
        loaded, pixels = self.loaded, prepared.scale
        depth = maps.pop('depth')[0]
        if not np.isfinite(depth).all():
            raise ValueError(f'{prepared.source}: the model gives depth that is no number: its weights are damaged, '
                             'or its training diverged')
        told = supervised_mask(depth.shape, prepared.box, depth, loaded.supervised_rows, loaded.max_depth_supervised)
        factor = focal_correction(prepared.camera and prepared.camera.focal_px, self.trained_focal_px,
                                  pixels) if self._corrects else 1.0
        assumed = None
        if self.trained_focal_px is not None:
            assumed = PictureCamera(self.trained_focal_px / focal_correction(1.0, 1.0, pixels), source='assumed')
        metres = factor * loaded.scale
        return DepthResult(
            prepared.source, prepared.picture, depth * np.float32(metres), told, loaded.depth_range,
            prepared.camera, factor, assumed,
            # Of a frame that is smoothed the mean has gone on.
            None if self._is_smoothed(prepared) else (
                lambda names: self._in_metres(self._maps([prepared], names)[0], metres)),
            self._in_metres(maps, metres), loaded.calibration[0], loaded.of_one_camera)

    def _in_metres(self, maps, factor):
        """Outputs as results have them: (H, W), the interval (2, H, W), calibrated; in corrected metres."""
        widening = self.loaded.interval_widening
        results = {}
        for name, each in maps.items():
            if name == 'interval' and widening is not None:
                each = np.stack(widened(each[0], each[1], widening['factor']))
            if name != 'depth':
                each = each if name == 'interval' else each[0]
                results[name] = each * np.float32(factor if name in IN_METRES else 1)
        return results


def _check_device(device):
    try:
        torch.zeros(1, device=device).cpu()
    except Exception as error:  # of another kind for each device
        raise ValueError(f'the device {device!r} (--device) cannot be used here: {str(error).partition(chr(10))[0]}. '
                         "'cpu' always can") from error


def _is_one(inputs: Any) -> bool:
    """Whether inputs are one picture by their kind, and not by chance."""
    if isinstance(inputs, np.ndarray):
        return True
    sources = () if isinstance(inputs, (list, tuple)) or os.path.isdir(inputs) else PictureSources(inputs).paths()
    return list(sources) == [os.fspath(inputs)] if sources else False
