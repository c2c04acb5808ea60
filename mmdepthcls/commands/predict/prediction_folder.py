"""A folder of predictions: which files belong to which picture, and what is there already. Pure.

Its manifest (:mod:`.prediction_manifest`) says it: the line of a picture is written before the picture's files. Each
file is there whole or not at all, so that a picture is done when all files of its line are there.
"""
from __future__ import annotations

import glob
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...apis.picture_source import PictureSource
from ...atomic_file import write_atomically
from ...evaluation.files.predicted_files import COLOR_BAR
from .file_kinds import TAGS
from .prediction_manifest import FolderError, PredictionManifest, folded


@dataclass(frozen=True)
class Job:
    """What is to be written for a picture.

    Args:
        key: the picture: its path, and the frame of a film.
        stem: of its files, below the folder, with '/'.
        files: kind of file -> name below the folder, of those that are to be written.
        stamp: size and time of the picture's file.
        earlier: files of the picture that are there, or were.
        replace: those earlier files are of another state of the picture.
    """
    key: str
    stem: str
    files: dict[str, str]
    stamp: tuple[int, ...] | None
    earlier: tuple[str, ...] = ()
    replace: bool = False


class PredictionFolder:
    """See the module. Threads may write at once.

    Args:
        folder: is made where it is not there.
        settings: what predictions depend on: model, corrections. A folder holds those of one setting.
        inputs: files that are read, which are never written over.
        force: begin anew, and write over what is there.

    Raises:
        FolderError: if another program writes into it, it holds predictions of other settings, or its manifest cannot
            be read; says what to do.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Mapping[str, Any], inputs: Sequence[str] = (),
                 force: bool = False) -> None:
        self.folder = Path(folder)
        self._force = force
        self._inputs = {os.path.realpath(path) for path in inputs}
        self._thread_lock = threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._manifest = PredictionManifest(self.folder, settings, force)

    def __enter__(self) -> PredictionFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self._manifest.close()

    def __len__(self) -> int:
        """How many pictures it knows."""
        return len(self._manifest.pictures)

    def plan(self, source: PictureSource, kinds: Mapping[str, str], frames: int | None = None) -> Job | None:
        """What is to be written for a picture.

        Args:
            source: the picture.
            kinds: kind of file -> what follows its name.
            frames: of a whole film, at the most; of another number it is another.

        Returns:
            None if all is there.

        Raises:
            FolderError: if a file of another origin is in the way; names it.
        """
        key, stamp = key_of(source), stamp_of(source)
        stamp = stamp if stamp is None or frames is None else (*stamp, frames)
        record = self._manifest.pictures.get(key)
        stem = record.stem if record else self._free_stem(source.name, key)
        earlier = record.files if record else ()
        replace = record is not None and record.stamp != stamp
        files = {kind: stem + suffix for kind, suffix in kinds.items()}
        if record and not replace:
            self._remove_temporary(earlier)
            files = {kind: name for kind, name in files.items()
                     if name not in earlier or not (self.folder / name).is_file()}
        if not files:
            return None
        self._check_free(files, earlier)
        return Job(key, stem, files, stamp, earlier, replace)

    def write(self, job: Job, contents: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
        """Write the files of a picture.

        Args:
            job: of :meth:`plan`.
            contents: kind of file -> its bytes.
            facts: what the manifest says of the picture besides.

        Raises:
            OSError: if the disk is full, or the like; nothing is left by halves.
        """
        with self._thread_lock:
            if job.replace:
                for name in job.earlier:
                    (self.folder / name).unlink(missing_ok=True)
            kept = [] if job.replace else [name for name in job.earlier if name not in job.files.values()]
            self._manifest.add(dict(
                picture=job.key, stem=job.stem, stamp=job.stamp, files=[*kept, *job.files.values()], **facts))
        for kind, content in contents.items():
            path = self.folder / job.files[kind]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)

    def write_color_bar(self, picture: np.ndarray) -> None:
        """Write what the colors of this folder mean, unless it is there."""
        path = self.folder / COLOR_BAR
        if self._force or not path.exists():
            write_atomically(path, cv2.imencode('.png', np.ascontiguousarray(picture[..., ::-1]))[1].tobytes())

    def _free_stem(self, name, key):
        """A name that no other picture has, also where upper and lower case are the same."""
        base, end = os.path.splitext(name.replace('\\', '_'))  # which elsewhere divides folders
        candidates = [base, f'{base}_{end[1:]}' if end[1:] else f'{base}_2']
        owners, number = self._manifest.owners, 2
        while True:
            stem = candidates.pop(0)
            lowered = folded(stem)
            alike = [lowered, *(lowered + tag for tag in TAGS),
                     *(lowered.removesuffix(tag) for tag in TAGS if lowered.endswith(tag))]
            if all(owners.get(each, key) == key for each in alike) and not stem.endswith('color_bar'):
                owners[lowered] = key
                return stem
            number += not candidates
            candidates = candidates or [f'{base}_{end[1:]}_{number}']

    def _check_free(self, files, earlier):
        for name in files.values():
            path = self.folder / name
            if os.path.realpath(path) in self._inputs:
                raise FolderError(f'{path} is a picture that is read: results go into another folder (--out)')
            if not self._force and name not in earlier and os.path.lexists(path):
                raise FolderError(f'{path} is there already, and nothing says that it is of these predictions. '
                                  'Give another folder (--out), or write over what is there (--force)')
            if path.is_dir():
                raise FolderError(f'{path} is a folder, where a file has to be written')

    def _remove_temporary(self, names):
        """Remove what a program that was killed has left of files that it was writing."""
        for name in names:
            path = self.folder / name
            if not path.is_file() and path.parent.is_dir():
                for left in path.parent.glob(f'.{glob.escape(path.name)}.*.tmp'):
                    left.unlink(missing_ok=True)


def key_of(source: PictureSource) -> str:
    """What tells a picture from others: the path of its file; of a frame also its name."""
    if source.path is not None:
        return os.path.abspath(source.path)
    return f'{os.path.abspath(source.film)}#{source.name}' if source.film else source.name


def stamp_of(source: PictureSource) -> tuple[int, ...] | None:
    """Size and time of the file that a picture is in; None without one, or where it cannot be seen."""
    path = source.path or source.film
    try:
        status = os.stat(path) if path else None
    except OSError:
        status = None
    return (status.st_size, status.st_mtime_ns) if status else None
