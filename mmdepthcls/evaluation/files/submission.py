"""A submission to KITTI's depth prediction benchmark: written image by image, checked, zipped. Pure.

The server takes a zip with 0000000000.png ... 0000000499.png in its root: one channel of 16 bits, 352 x 1216 pixels,
metres * 256, where 0 would be "no prediction".
"""
from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath

import numpy as np

from ...atomic_file import write_atomically
from ...count_text import some_of
from ...crops import KB_SIZE
from ...datasets.files.depth_png import KITTI_SCALE, decode_png, encode_depth_png
from ..errors import is_good

NUM_IMAGES = 500
FILES = tuple(f'{number:010d}.png' for number in range(NUM_IMAGES))
ZIP_NAME = 'submission.zip'
# A fixed time makes the same predictions the same bytes; it is the first that a zip can tell.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
LARGEST = 65535
LISTED = 5


class SubmissionWriter:
    """Writes the images of a submission into a folder, and the zip when all are there.

    Several processes may each write a part into the same folder. One of them finishes, with what the others have
    :attr:`written`.

    Args:
        folder: is made where it is not there; the zip comes into it too.

    Attributes:
        written (dict[str, int]): name -> CRC-32 of each image that this writer has written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.written: dict[str, int] = {}
        self._images: dict[str, str] = {}

    def add(self, img_path: str, depth: np.ndarray) -> tuple[str, int]:
        """Write one image.

        Args:
            img_path: the test image, such as '.../0000000007.png'. The same image may come again.
            depth: (352, 1216) metres, all of them positive; saturates from 255.998 m.

        Returns:
            Name and CRC-32 of what was written.

        Raises:
            ValueError: for an image that is none of the 500, another shape, a bad prediction (NaN, infinite, zero,
                negative), or two images of one name.
        """
        name = _name_of(img_path)
        other = self._images.setdefault(name, img_path)
        if other != img_path:
            raise ValueError(f'{img_path} and {other} would both be {name} of the submission. Predict one folder only.')
        depth = np.asarray(depth)
        _check_prediction(depth, img_path)
        data = encode_depth_png(depth)
        _check_image(data, str(self.folder / name), depth)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / name, data)
        self.written[name] = zlib.crc32(data)
        return name, self.written[name]

    def finish(self, *others: dict[str, int]) -> Path:
        """Make the zip of all images, and read it back. The zip appears only if it is right.

        Args:
            *others: ``written`` of the other processes' writers.

        Returns:
            The zip.

        Raises:
            ValueError: if an image has not been written, or is not any more what was written; names it.
        """
        parts = [self.written, *others]
        known = {name: {part[name] for part in parts if name in part} for name in FILES}
        missing = [name for name in FILES if not known[name]]
        if missing:
            raise ValueError(f'{self.folder}: a submission is {NUM_IMAGES} images, got {NUM_IMAGES - len(missing)}; '
                             f'missing are {some_of(missing, LISTED)}. Predict all of '
                             'test_depth_prediction_anonymous/image.')
        path = self.folder / ZIP_NAME
        temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
        try:
            with zipfile.ZipFile(temporary, 'w', zipfile.ZIP_STORED) as archive:  # PNGs are compressed already
                for name in FILES:
                    data = (self.folder / name).read_bytes()
                    if zlib.crc32(data) not in known[name]:
                        raise ValueError(f'{self.folder / name} is not what was written: something else writes into '
                                         'this folder. Choose another one.')
                    entry = zipfile.ZipInfo(name, TIMESTAMP)
                    entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every system
                    archive.writestr(entry, data)
            check_submission(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return path


def write_submission(predictions: dict[str, np.ndarray] | Iterable[tuple[str, np.ndarray]],
                     folder: str | os.PathLike[str]) -> Path:
    """Write and check a whole submission.

    Args:
        predictions: image path (or name) and (352, 1216) metres, 500 of them.
        folder: for the images and the zip.

    Returns:
        The zip.

    Raises:
        ValueError: see :class:`SubmissionWriter`.
    """
    writer = SubmissionWriter(folder)
    for img_path, depth in predictions.items() if isinstance(predictions, dict) else predictions:
        writer.add(img_path, depth)
    return writer.finish()


def check_submission(path: str | os.PathLike[str], predictions: dict[str, np.ndarray] | None = None) -> None:
    """Read back a submission as the server will.

    Args:
        path: the zip.
        predictions: image path or name -> (352, 1216) metres that it must hold, to within half a unit, 1/512 m.

    Raises:
        ValueError: for the first fault: not a zip, wrong names or count, an image that is damaged, of another kind or
            size, without depth somewhere, or not what was predicted.
    """
    expected = {}
    for img_path, depth in (predictions or {}).items():
        expected[_name_of(img_path)] = depth = np.asarray(depth)
        _check_prediction(depth, img_path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_names(archive.namelist(), path)
            for name in FILES:
                _check_image(archive.read(name), f'{path}/{name}', expected.get(name))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f'{path}: not a zip, or a damaged one ({error}). Write it again.') from error


def _name_of(img_path):
    """Name in the submission of a test image."""
    name = f'{PurePath(img_path).stem}.png'
    if name not in FILES:
        raise ValueError(f'{img_path}: expected a test image of the KITTI benchmark, {FILES[0]} to {FILES[-1]}. '
                         'Predict the folder test_depth_prediction_anonymous/image.')
    return name


def _check_names(names, path):
    """Exactly the 500, in the root, each once."""
    missing, others = sorted(set(FILES) - set(names)), sorted(set(names) - set(FILES))
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    for what, found in (('missing are', missing), ('there are also', others), ('twice there are', twice)):
        if found:
            raise ValueError(f'{path}: expected {FILES[0]} to {FILES[-1]} in the root of the zip and nothing else, got '
                             f'{len(names)} files; {what} {some_of(found, LISTED)}')


def _check_prediction(depth, name):
    if depth.shape != KB_SIZE:
        raise ValueError(f'{name}: expected a prediction of {KB_SIZE[0]} x {KB_SIZE[1]} pixels, the size of the '
                         f"benchmark's test images, got {' x '.join(map(str, depth.shape))}. Predict them as they are, "
                         'without crop or resizing.')
    bad = depth.size - np.count_nonzero(is_good(depth))
    if bad:
        raise ValueError(f'{name}: {bad} of {depth.size} predictions are NaN, infinite, zero or negative, and the '
                         'benchmark has no value for them. Clamp or fill the prediction first.')


def _check_image(data, path, depth=None):
    """Raise unless the PNG is what the server expects and, where it is given, holds the predicted depth."""
    units = decode_png(data, path)
    if units.shape != KB_SIZE:
        raise ValueError(f'{path}: expected {KB_SIZE[0]} x {KB_SIZE[1]} pixels, got {units.shape[0]} x '
                         f'{units.shape[1]}')
    zeros = units.size - np.count_nonzero(units)
    if zeros:
        raise ValueError(f'{path}: {zeros} pixels are 0, which is "no prediction". Write depth everywhere.')
    if depth is not None:
        away = np.abs(units - np.clip(np.asarray(depth, np.float64) * KITTI_SCALE, 1, LARGEST))
        if not away.max() <= 0.5:
            raise ValueError(f'{path}: {np.count_nonzero(~(away <= 0.5))} pixels are not what was predicted, at worst '
                             f'by {away.max() / KITTI_SCALE:.3f} m. Write it again.')
