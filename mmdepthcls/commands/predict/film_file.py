"""A film of colored depth, frame by frame, there whole or not at all. Pure.

OpenCV writes MPEG-4, which browsers do not play. Where an ``ffmpeg`` is on the PATH, the film becomes H.264.
"""
from __future__ import annotations

import errno
import glob
import os
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np

# H.264 of 4:2:0 has even sides.
H264 = ('-an', '-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-c:v', 'libx264', '-crf', '18', '-pix_fmt', 'yuv420p',
        '-movflags', '+faststart', '-f', 'mp4')


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
            self._encode()
            os.replace(self._temporary, self.path)
            self._writer = None

    def _encode(self):
        """Make H.264 of what OpenCV has written, where an ffmpeg can; else it stays."""
        program = shutil.which('ffmpeg')
        if program is None:
            return
        encoded = self._temporary.with_suffix('.h264' + self._temporary.suffix)
        try:
            done = subprocess.run([program, '-y', '-loglevel', 'error', '-i', f'file:{self._temporary}', *H264,
                                   f'file:{encoded}'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False).returncode == 0
            if done and encoded.is_file() and encoded.stat().st_size:
                os.replace(encoded, self._temporary)
        except OSError:
            pass  # not a program of this machine
        finally:
            encoded.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what was written."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        self._temporary.unlink(missing_ok=True)
