"""What the page asks for: take a picture, predict it, read a point, make a file. Knows nothing of the page itself."""
from __future__ import annotations

import os
import re
import tempfile
import threading
import traceback
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...apis.depth_result import DepthResult
from ...apis.picture_source import PictureSource
from ...camera import TO_PREDICT, PictureCamera
from ...datasets.files.image_header import probe_image
from ..predict.file_kinds import KINDS, FileSettings
from ..running.program import answer_of
from .offered_model import OfferedModel
from .visit import PageError, Visit, Visits

DOWNLOADS = ('png', 'color', 'npy', 'ply', 'confidence')
SHARPEN = 'Sharpen with a dense CRF'
ON_THE_PAGE = 'Say it under "Camera": the focal length in pixels, or the field of view.'
MEGA = 10**6


@dataclass(frozen=True)
class Settings:
    """What a person has chosen.

    Args:
        model: name of an offered model.
        decoder: label of one of its decoders.
        crf: whether a CRF sharpens its probabilities.
        focal_px: pixels of the picture; None: not said.
        fov: horizontal field of view, degrees; None: not said.
    """
    model: str
    decoder: str = ''
    crf: bool = False
    focal_px: float | None = None
    fov: float | None = None


@dataclass(frozen=True)
class Measurement:
    """Metres at a pixel.

    Args:
        x, y: the pixel.
        depth: m; 0: nothing was predicted there.
        interval: m, the coverage's share of the probability lies between; None: the model does not say it.
        confidence: probability of the most probable bin; None: the model does not say it.
        supervised: False where the model was never told the truth.
        coverage: share of the probability in the interval.
    """
    x: int
    y: int
    depth: float
    interval: tuple[float, float] | None
    confidence: float | None
    supervised: bool
    coverage: float


class Workbench:
    """Predicts for the page, one picture after the other.

    Args:
        models: offered, the first by default.
        folder: for files of a moment that no page can reach.
        visits: what is kept.
        max_bytes: of a picture's file.
        max_pixels: of a picture.
        max_sharpened: numbers (pixels that the network sees, times bins) that a CRF takes: everybody waits meanwhile.
    """

    def __init__(self, models: Sequence[OfferedModel], folder: Path, visits: Visits, max_bytes: int,
                 max_pixels: int, max_sharpened: int) -> None:
        self.models = {each.name: each for each in models}
        self.visits, self.max_bytes, self.max_pixels = visits, max_bytes, max_pixels
        self.max_sharpened = max_sharpened
        self._folder = folder
        self._predicting = threading.Lock()

    def receive(self, session: str, path: str) -> None:
        """Take an uploaded file off the disk into the visit.

        Args:
            session: of the page.
            path: where the server has put it; it is removed.

        Raises:
            PageError: if it is too large, gone, or no upload.
        """
        if not self.visits.are_above(path):
            raise PageError('There is no such upload.')
        try:
            size = os.path.getsize(path)
            if size > self.max_bytes:
                raise PageError(f'This file has {size / MEGA:.0f} MB; up to {self.max_bytes / MEGA:g} MB are taken. '
                                'Reduce the picture first.')
            content = Path(path).read_bytes()
        except OSError:
            # Two people may upload the same picture at once, which the server keeps in one place.
            content = self.visits.uploaded(path) or b''
        finally:
            Path(path).unlink(missing_ok=True)
        if not content:
            raise PageError('The file is empty, or did not arrive whole. Try again.')
        self.visits.of(session).take(os.path.basename(path), content, path)

    def take(self, session: str, name: str, content: bytes, camera: PictureCamera) -> None:
        """Take a picture of the page's own, and of a known camera."""
        self.visits.of(session).take(name, content, camera=camera)

    def predict(self, session: str, settings: Settings) -> Visit:
        """Predict the picture of a visit.

        Returns:
            The visit, with its result.

        Raises:
            PageError: why there is none.
        """
        visit = self.visits.of(session)
        if not visit.content:
            raise PageError('This page was left alone for so long that its picture was forgotten. Drop it once more.')
        visit.drop_result()
        visit.settings = settings
        model = self.models.get(settings.model)
        if model is None or settings.decoder not in model.reading.decoders:
            raise PageError('There is no such model or decoder here. Load the page anew.')
        with self._predicting, self._explained(visit.name):
            result = self._result(visit, model, settings)
        visit.check_open()
        visit.result, visit.coverage = result, model.coverage
        self.visits.make_room(session)
        return visit

    def _result(self, visit, model, settings):
        inferencer = model.of_camera(settings.focal_px, settings.fov)
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            path = os.path.join(place, 'picture')
            Path(path).write_bytes(visit.content)
            probe_image(path, self.max_pixels)
            prepared = inferencer.prepare(PictureSource(visit.name, path), visit.camera)
        if settings.crf:
            self._check_crf(model, prepared)
        prepared = replace(prepared, source=PictureSource(visit.name, image=prepared.picture))
        with model.reading.chosen(settings.decoder, settings.crf):
            result, = inferencer.predict([prepared], model.outputs)
        # Everything is there: another run of the network might meet other settings.
        return replace(result, recompute=None)

    def _check_crf(self, model, prepared):
        """Refuse a picture whose sharpening would keep everybody waiting, and take the machine's memory."""
        bins = model.reading.sharpened_bins
        height, width = prepared.kind[0][-2:]
        numbers = height * width * bins
        if numbers <= self.max_sharpened:
            return
        untouched = (height, width) == tuple(prepared.shape)  # by the model's own pipeline
        smaller = f', or reduce the picture to at most {self.max_sharpened // bins} pixels' if untouched else ''
        raise PageError(
            f'This picture is too large for the dense CRF, for which everybody here waits: the network sees {width} x '
            f'{height} pixels of {bins} bins, together {round(numbers / MEGA, 1):g} million numbers, and up to '
            f'{self.max_sharpened / MEGA:g} million are sharpened (--max-crf of mmdepthcls app). Untick "{SHARPEN}" '
            f'under "Model"{smaller}.')

    def measure(self, session: str, x: float | None, y: float | None) -> Measurement:
        """Metres at a pixel (x, y) of the picture.

        Raises:
            PageError: outside of the picture, and without a result.
        """
        visit = self.visits.of(session)
        result = visit.result
        if result is None:
            raise PageError('There is no result to read in, or it was forgotten while you were away. Drop the picture '
                            'once more.')
        height, width = result.depth.shape
        if x is None or y is None or not (0 <= x < width and 0 <= y < height):
            raise PageError(f'x is 0 to {width - 1} and y is 0 to {height - 1} in this picture.')
        column, row = int(x), int(y)
        if visit.result is result:  # else another picture has come meanwhile
            visit.point = column, row
        return measured(result, column, row, visit.coverage)

    def file(self, token: str, kind: str) -> tuple[str, bytes]:
        """A file of a result.

        Args:
            token: of the result.
            kind: of :data:`DOWNLOADS`.

        Returns:
            Its name, and its content, as ``predict`` writes it.

        Raises:
            KeyError: if there is no such result, or it has no such file.
            PageError: if it cannot be made.
        """
        visit = self.visits.by_token(token)
        result = None if visit is None else visit.result
        if visit is None or result is None or kind not in downloads_of(result):
            raise KeyError(token)
        name = f'{Path(visit.name).stem or "picture"}{KINDS[kind].suffix}'
        with self._explained(visit.name):
            return name, KINDS[kind].encode(result, FileSettings())

    @contextmanager
    def _explained(self, name):
        """Errors inside become what the page says: the answer of this package where it has one, else a word, and a
        traceback for who has started the page."""
        try:
            yield
        except PageError:
            raise
        except Exception as error:
            answer = answer_of(error)
            if isinstance(error, MemoryError):
                answer = f'{name} needs more memory than this machine has. Reduce it first.'
            elif answer is None:
                traceback.print_exception(error)
                answer = ('Something went wrong that should not have. Whoever has started this page finds the reason '
                          'in its terminal.')
            answer = re.sub(re.escape(str(self._folder)) + r'[^\s:]*', lambda match: name, answer)
            if TO_PREDICT in answer:
                answer = f'{answer.partition(TO_PREDICT)[0]}{ON_THE_PAGE}'
            raise PageError(answer) from error

    def forget(self, session: str) -> None:
        """Forget a visit: the page was closed."""
        self.visits.forget(session)


def measured(result: DepthResult, x: int, y: int, coverage: float) -> Measurement:
    """What a result says of a pixel."""
    interval, confidence = result.maps.get('interval'), result.maps.get('confidence')
    return Measurement(
        x, y, float(result.depth[y, x]), None if interval is None else (float(interval[0, y, x]),
                                                                       float(interval[1, y, x])),
        None if confidence is None else float(confidence[y, x]), bool(result.supervised[y, x]), coverage)


def downloads_of(result: DepthResult) -> list[str]:
    """Which files can be made of a result."""
    kinds = [kind for kind in DOWNLOADS if set(KINDS[kind].outputs) <= result.maps.keys()]
    if result.camera is None and result.assumed_camera is None:
        kinds.remove('ply')
    return kinds

