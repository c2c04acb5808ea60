"""Which camera took a picture: by KITTI's calibration, a file, what a person says, or the picture itself. Pure."""
from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...camera import PictureCamera, focal_of_fov, is_plausible
from .. import velodyne
from ..kitti_layout import calibration_files, place_of_image
from .exif_focal import exif_camera

CAMERA_KEYS = {'focal_px', 'fx', 'fy', 'cx', 'cy', 'width', 'height'}
DEFAULT = 'default'  # in a file of cameras: for all pictures that it does not name


class CameraFinder:
    """Finds the camera of each picture. What is first in this list counts:

    1. the calibration beside a KITTI drive (``calib_cam_to_cam.txt`` of its day);
    2. ``cameras``: a JSON file;
    3. ``focal_px``, for all pictures;
    4. the picture's EXIF;
    5. ``fov``, for all pictures.

    A file of cameras holds one camera, ``{"focal_px": 721.5, "cx": 609.6, "cy": 172.9}``, or one a picture by its name
    (``{"a.png": {...}, "default": {...}}``; names are those below the input folder, or of the file alone). ``fx`` and
    ``fy`` may stand for ``focal_px``; ``width`` and ``height`` say of which size of picture the numbers are, and
    without them they are of each picture's own.

    Args:
        cameras: path of a JSON file, or its content.
        focal_px: pixels of the pictures.
        fov: horizontal field of view, degrees.

    Raises:
        OSError: if the file cannot be read.
        ValueError: for what is no camera; names the file and the key.
    """

    def __init__(self, cameras: str | os.PathLike[str] | Mapping[str, Any] | None = None,
                 focal_px: float | None = None, fov: float | None = None) -> None:
        self._cameras = {} if cameras is None else _read_cameras(cameras)
        self._given = None if focal_px is None else PictureCamera(focal_px, source='given')
        self._fov = fov
        if fov is not None:
            focal_of_fov(fov, 1)

    def find(self, path: str | os.PathLike[str] | None, shape: tuple[int, int], name: str = '') -> PictureCamera | None:
        """The camera of a picture.

        Args:
            path: of its file; None for an array or a frame of a film.
            shape: H, W in pixels, turned as EXIF says.
            name: below the input folder, with '/'.

        Returns:
            None where nothing is known.

        Raises:
            ValueError: for a calibration without sense, and a focal length that no picture of this size has; names
                where it is from.
        """
        camera = None if path is None else kitti_camera(path, shape)
        camera = camera or self.said(path, shape, name)
        if camera is None and path is not None:
            camera = exif_camera(path, shape)
        if camera is None and self._fov is not None:
            camera = PictureCamera(focal_of_fov(self._fov, shape[1]),
                                   source=f'a field of view of {self._fov:g} degrees')
        if camera is not None and not is_plausible(camera.focal_px, *shape):
            raise ValueError(f'{camera.source}: a focal length of {camera.focal_px:g} px cannot be that of a picture '
                             f'of {shape[1]} x {shape[0]} pixels. It is counted in pixels of the picture, not in mm')
        return camera

    def said(self, path: str | os.PathLike[str] | None, shape: tuple[int, int], name: str = '') -> PictureCamera | None:
        """What ``cameras``, or else ``focal_px``, says of a picture; arguments as of :meth:`find`."""
        return self._of_file(name, path, shape) or self._given

    def _of_file(self, name, path, shape):
        names = [name, os.path.basename(os.fspath(path)) if path is not None else name.rpartition('/')[2], DEFAULT]
        found = next((self._cameras[each] for each in names if each in self._cameras), None)
        return None if found is None else _camera_of(found, shape)


def kitti_camera(path: str | os.PathLike[str], shape: tuple[int, int]) -> PictureCamera | None:
    """The camera of an image in KITTI's own folders, by the calibration of its day.

    Args:
        path: of the image.
        shape: its H, W; of a copy that was resized the focal length is resized too.

    Returns:
        None where the path is none of KITTI's, or there is no calibration.

    Raises:
        ValueError: if the calibration lacks the camera; names the file.
    """
    place = place_of_image(os.path.abspath(path))
    known = None if place is None else calibrated_camera(place.day, place.camera)
    return None if known is None else known.of_size(shape)


class CalibratedCamera(NamedTuple):
    """A camera as a file says it, and the H, W of the images that it is said of; None: of any."""
    camera: PictureCamera
    shape: tuple[int, int] | None

    def of_size(self, shape: tuple[int, int]) -> PictureCamera:
        """The camera of an image of H x W pixels: of a copy that was resized its focal length is resized too."""
        if self.shape is None or self.shape == tuple(shape):
            return self.camera
        return self.camera.resized(shape[1] / self.shape[1], shape[0] / self.shape[0])


def calibrated_camera(day: str, camera: int) -> CalibratedCamera | None:
    """A camera of KITTI, by the calibration of a day.

    Args:
        day: its folder.
        camera: 0 to 3.

    Returns:
        None where there is no calibration.

    Raises:
        ValueError: if it lacks the camera; names the file.
    """
    file = calibration_files(day)[0]
    if not os.path.isfile(file):
        return None
    numbers = velodyne.read_numbers(file, f'P_rect_{camera:02d}', 12)
    if numbers is None:
        raise ValueError(f"{file}: no line 'P_rect_{camera:02d}: ' of 12 numbers. Is it the calibration of a raw KITTI "
                         'day?')
    size = velodyne.read_numbers(file, f'S_rect_{camera:02d}', 2)
    return CalibratedCamera(
        PictureCamera(float(numbers[0]), (float(numbers[2]), float(numbers[6])), '/'.join(Path(file).parts[-2:])),
        None if size is None or not size.min() >= 1 else (int(size[1]), int(size[0])))


def _read_cameras(cameras):
    """dict: name -> checked camera as it is written, with ``source``."""
    source = 'cameras' if isinstance(cameras, Mapping) else os.fspath(cameras)
    if not isinstance(cameras, Mapping):
        with open(source, encoding='utf-8-sig') as file:  # some editors begin with a mark
            try:
                cameras = json.load(file, object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                raise ValueError(f'{source} is no JSON: {error}') from error
    if not isinstance(cameras, Mapping) or not cameras:
        raise ValueError(f'{source}: expected {{"focal_px": PIXELS}}, or such a camera by the name of each picture')
    if CAMERA_KEYS & cameras.keys():
        cameras = {DEFAULT: cameras}
    return {name.replace('\\', '/'): _checked(camera, source if name == DEFAULT else f'{source}, {name!r}')
            for name, camera in cameras.items()}


def _once(pairs):
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError(f'a name stands twice in {{{", ".join(name[:40] for name, _ in pairs[:9])}}}')
    return content


def _checked(camera, where):
    if not isinstance(camera, Mapping) or not ({'focal_px', 'fx'} & camera.keys()) or camera.keys() - CAMERA_KEYS:
        got = sorted(camera) if isinstance(camera, Mapping) else camera
        raise ValueError(f'{where}: expected focal_px (or fx and fy) and, if need be, cx, cy, width and height; got '
                         f'{got}')
    for key, value in camera.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max or (
                key not in ('cx', 'cy') and value <= 0):
            raise ValueError(f'{where}: {key} must be a {"" if key in ("cx", "cy") else "positive "}number, got '
                             f'{value!r}')
    if {'focal_px', 'fx'} <= camera.keys():
        raise ValueError(f'{where}: focal_px and fx say the same: give one of them')
    for pair in (('cx', 'cy'), ('width', 'height')):
        if len(camera.keys() & set(pair)) == 1:
            raise ValueError(f'{where}: {pair[0]} and {pair[1]} go together')
    return dict(camera, source=where)


def _camera_of(found, shape):
    focal = found['focal_px'] if 'focal_px' in found else math.sqrt(found['fx'] * found.get('fy', found['fx']))
    center = (float(found['cx']), float(found['cy'])) if 'cx' in found else None
    camera = PictureCamera(float(focal), center, found['source'])
    if 'width' not in found:
        return camera
    return camera.resized(shape[1] / found['width'], shape[0] / found['height'])
