"""A film of colored depth, frame by frame, there whole or not at all. Pure."""
from __future__ import annotations

import errno
import glob
import os
from pathlib import Path

import cv2
import numpy as np


class FilmFile:
    """Writes an MP4.

    Args:
        path: of the file.
        rate: frames a second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self._rate = path, rate
        self._temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp{path.suffix}')
        self._writer: cv2.VideoWriter | None = None
        self._frames = 0

    def add(self, frame: np.ndarray) -> None:
        """Add an (H, W, 3) uint8 RGB frame, all of one size.

        Raises:
            ValueError: if OpenCV cannot write films here.
        """
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for left in self.path.parent.glob(f'.{glob.escape(self.path.name)}.*.tmp{self.path.suffix}'):
                left.unlink()  # of a program that was killed
            self._writer = cv2.VideoWriter(str(self._temporary), cv2.VideoWriter.fourcc(*'mp4v'), self._rate,
                                           frame.shape[1::-1])
            if not self._writer.isOpened():
                raise ValueError(f'{self.path}: this OpenCV cannot write MP4 files')
        self._writer.write(np.ascontiguousarray(frame[..., ::-1]))
        self._frames += 1

    def finish(self) -> None:
        """Put the film in its place.

        Raises:
            OSError: if not all of it was written, of which OpenCV says nothing.
        """
        if self._writer is not None:
            self._writer.release()
            film = cv2.VideoCapture(str(self._temporary))
            whole = film.get(cv2.CAP_PROP_FRAME_COUNT) == self._frames
            film.release()
            if not whole:
                raise OSError(errno.ENOSPC, 'the film could not be written whole (is the disk full?)', str(self.path))
            os.replace(self._temporary, self.path)
            self._writer = None

    def discard(self) -> None:
        """Remove what was written."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        self._temporary.unlink(missing_ok=True)
