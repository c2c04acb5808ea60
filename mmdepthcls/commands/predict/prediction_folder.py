"""A folder of predictions: which files belong to which picture, what is there already, and who made it. Pure.

``predictions.jsonl`` says it: in its first line the settings, then a line a picture, which is written before the
picture's files. Each file is there whole or not at all, so that a picture is done when all files of its line are there.
"""
from __future__ import annotations

import glob
import itertools
import json
import os
import sys
import threading
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from ...apis.picture_source import PictureSource
from ...atomic_file import write_atomically
from ...json_text import json_text
from .file_kinds import TAGS

MANIFEST = 'predictions.jsonl'
FORMAT, VERSION = 'mmdepthcls predictions', 1
COLOR_BAR = 'color_bar.png'


class FolderError(ValueError):
    """The folder cannot be used as it was asked for."""


class _Known(NamedTuple):
    """A picture of the manifest: as little as is needed, since there may be a million."""
    stem: str
    stamp: tuple[int, ...] | None
    suffixes: tuple[str, ...]

    @property
    def files(self):
        return tuple(self.stem + suffix for suffix in self.suffixes)


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
        self._force, self._settings = force, json.loads(json_text(settings))
        self._inputs = {os.path.realpath(path) for path in inputs}
        self._records: dict[str, _Known] = {}
        self._stems: dict[str, str] = {}
        self._thread_lock = threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = open(self.folder / MANIFEST, 'a+b')  # noqa: SIM115  (until close())
        try:
            _lock(self._file, self.folder)
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> PredictionFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        """How many pictures it knows."""
        return len(self._records)

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
        record = self._records.get(key)
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
            record = dict(picture=job.key, stem=job.stem, stamp=job.stamp, files=[*kept, *job.files.values()], **facts)
            self._append(record)
            self._take(record)
        for kind, content in contents.items():
            path = self.folder / job.files[kind]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)

    def write_color_bar(self, picture: np.ndarray) -> None:
        """Write what the colors of this folder mean, unless it is there."""
        path = self.folder / COLOR_BAR
        if self._force or not path.exists():
            write_atomically(path, cv2.imencode('.png', np.ascontiguousarray(picture[..., ::-1]))[1].tobytes())

    def _begin(self):
        """Read what is there, without a last line that was cut off; or begin the manifest."""
        self._file.seek(0)
        lines = self._file.read().split(b'\n')
        whole = sum(len(line) + 1 for line in lines[:-1])
        if self._force or not lines[:-1]:
            self._file.truncate(0)
            self._append(dict(format=FORMAT, version=VERSION, settings=self._settings))
            return
        if lines[-1]:
            self._file.truncate(whole)
        try:
            head, *records = (json.loads(line) for line in lines[:-1])
            if head['format'] != FORMAT or head['version'] != VERSION:
                raise ValueError(f'version {head["version"]}')
            self._compare(head['settings'])
            for record in records:
                self._take(record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, FolderError):
                raise
            raise FolderError(f'{self.folder / MANIFEST} is no list of predictions that this version knows ({error}). '
                              'Give another folder (--out), or write over what is there (--force)') from error

    def _take(self, record):
        names = [record['stem'], *record['files']]
        if not all(_is_inside(name) for name in names):
            raise ValueError(f'names outside of the folder: {names}')
        stem, stamp = record['stem'], record['stamp']
        self._records[record['picture']] = _Known(
            stem, None if stamp is None else tuple(stamp),
            tuple(sys.intern(name.removeprefix(stem)) for name in record['files']))
        self._stems[_folded(record['stem'])] = record['picture']

    def _compare(self, before):
        for key in sorted({*before, *self._settings}):
            was, now = before.get(key), self._settings.get(key)
            if was != now:
                raise FolderError(f'{self.folder} holds predictions that were made with {key}={was}, and now it is '
                                  f'{now}. Give another folder (--out), or write over what is there (--force)')

    def _free_stem(self, name, key):
        """A name that no other picture has, also where upper and lower case are the same."""
        base, end = os.path.splitext(name.replace('\\', '_'))  # which elsewhere divides folders
        candidates = [base, f'{base}_{end[1:]}' if end[1:] else f'{base}_2']
        number = 2
        while True:
            stem = candidates.pop(0)
            folded = _folded(stem)
            alike = [folded, *(folded + tag for tag in TAGS),
                     *(folded.removesuffix(tag) for tag in TAGS if folded.endswith(tag))]
            if all(self._stems.get(each, key) == key for each in alike) and not stem.endswith('color_bar'):
                self._stems[folded] = key
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

    def _append(self, record):
        self._file.seek(0, os.SEEK_END)
        self._file.write(json_text(record, None).encode())
        self._file.flush()


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


def results_in(folder: str | os.PathLike[str]) -> Container[str] | None:
    """What was written into a folder, as its manifest says: paths below it with '/'. All that is in it where the
    manifest cannot be read; None without one."""
    try:
        with open(os.path.join(folder, MANIFEST), 'rb') as file:
            names = {COLOR_BAR}
            for line in itertools.islice(file, 1, None):
                if line.endswith(b'\n'):
                    names.update(json.loads(line)['files'])
            return names
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return _Everything()


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


def _folded(name):
    return unicodedata.normalize('NFC', unicodedata.normalize('NFC', name).casefold())


def _is_inside(name):
    return isinstance(name, str) and not os.path.isabs(name) and '..' not in name.split('/') and '\\' not in name


def _lock(file, folder):
    """Keep other programs out, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderError(f'{folder}: another program is writing predictions into it now') from None
    except OSError:
        return  # a file system without locks
