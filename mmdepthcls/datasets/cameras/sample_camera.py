"""The focal length of each sample of a data set, as its config says it. Pure."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...camera import PictureCamera, is_plausible
from ..files.file_finder import written_path
from ..files.image_header import probe_image
from .camera_finder import CameraFinder
from .exif_focal import exif_camera

OF_EXIF, OF_LIST = 'exif', 'list'


class SampleCameras:
    """What a config says of the cameras of a data set.

    Args:
        cameras: path of a JSON file (below ``root``, unless it is absolute), or its content; see
            :class:`~mmdepthcls.datasets.cameras.camera_finder.CameraFinder`.
        focal_px: pixels of the images as they are on disk; 'list': the third column of the list of samples; 'exif':
            what each image says. A column that a list's header calls focal is read without 'list'.
        root: folder of the data set.

    Raises:
        OSError: if the file cannot be read.
        ValueError: for what is no camera; names the key.
    """

    def __init__(self, cameras: str | os.PathLike[str] | Mapping[str, Any] | None = None,
                 focal_px: float | str | None = None, root: str | None = None) -> None:
        if isinstance(focal_px, str) and focal_px not in (OF_EXIF, OF_LIST):
            raise ValueError(f'focal_px must be a number of pixels, {OF_EXIF!r} or {OF_LIST!r}, got {focal_px!r}')
        if isinstance(focal_px, bool) or not isinstance(focal_px, (int, float, str, type(None))):
            raise ValueError(f'focal_px must be a number of pixels, got {focal_px!r}')
        if cameras is not None and not isinstance(cameras, Mapping):
            cameras = os.path.join(root or '', str(written_path(cameras, 'cameras')))
        self.of_list, self._of_exif = focal_px == OF_LIST, focal_px == OF_EXIF
        self._has_file = cameras is not None
        self._finder = CameraFinder(cameras, None if isinstance(focal_px, str) else focal_px)

    def listed(self, written: str | None, third: str | None, where: str) -> float | None:
        """The focal length that a line of a list says.

        Args:
            written: what stands in a column that is called so; None: there is none.
            third: what stands in the third column; None: nothing.
            where: the file and the line, for messages.

        Raises:
            ValueError: for what is no number of pixels.
        """
        if written is None and not self.of_list:
            return None
        text = third if written is None else written
        try:
            return PictureCamera(float(text or '')).focal_px
        except ValueError as error:
            raise ValueError(f'{where}: expected the focal length in pixels'
                             f'{"" if written is not None else " in the third column (focal_px=" + repr(OF_LIST) + ")"}'
                             f', got {text!r}') from error

    def focal_px(self, path: str, name: str) -> float | None:
        """The focal length that the config says of an image, in pixels of the image as it is on disk.

        Args:
            path: of the image.
            name: below the folder of images, with '/'.

        Raises:
            ValueError: for an image whose size tells nothing.
        """
        shape = probe_image(path).shape() if self._has_file or self._of_exif else (0, 0)
        camera = self._finder.said(path, shape, name)
        if camera is None and self._of_exif:
            camera = exif_camera(path, shape)
        return None if camera is None else camera.focal_px


def check_plausible(focal_px: float, shape: tuple[int, int], path: str) -> None:
    """Refuse a focal length that no image of H x W pixels has: often it is in millimetres.

    Raises:
        ValueError: names the image.
    """
    if not is_plausible(focal_px, *shape):
        raise ValueError(f'{path}: a focal length of {focal_px:g} px cannot be that of an image of {shape[1]} x '
                         f'{shape[0]} pixels. It is counted in pixels of the image as it is on disk, not in mm.')
