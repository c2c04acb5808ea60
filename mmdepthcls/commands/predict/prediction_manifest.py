"""``predictions.jsonl`` of a folder of predictions: who made them, which pictures it knows, and their files. Pure.

In its first line the settings, then a line a picture.
"""
from __future__ import annotations

import itertools
import json
import os
import sys
import unicodedata
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...evaluation.files.predicted_files import COLOR_BAR, MANIFEST
from ...json_text import json_text

FORMAT, VERSION = 'mmdepthcls predictions', 1


class FolderError(ValueError):
    """The folder cannot be used as it was asked for."""


class KnownPicture(NamedTuple):
    """A picture of the manifest: as little as is needed, since there may be a million."""
    stem: str
    stamp: tuple[int, ...] | None
    suffixes: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Names below the folder."""
        return tuple(self.stem + suffix for suffix in self.suffixes)


class PredictionManifest:
    """The manifest of a folder, which no other program writes until it is closed.

    Args:
        folder: that is there.
        settings: what predictions depend on.
        force: begin anew.

    Attributes:
        pictures: key -> what is known of it.
        owners: stem of files, folded (:func:`folded`) -> key of the picture that has it.

    Raises:
        FolderError: if another program writes into it, it is of other settings, or cannot be read; says what to do.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], force: bool) -> None:
        self.folder = folder
        self.pictures: dict[str, KnownPicture] = {}
        self.owners: dict[str, str] = {}
        self._settings = json.loads(json_text(settings))
        self._file = open(folder / MANIFEST, 'a+b')  # noqa: SIM115  (until close())
        try:
            _lock(self._file, folder)
            self._begin(force)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Let others write."""
        self._file.close()

    def add(self, record: dict[str, Any]) -> None:
        """Write the line of a picture.

        Args:
            record: ``picture`` (its key), ``stem``, ``stamp``, ``files`` and whatever else is to be said.
        """
        self._append(record)
        self._take(record)

    def _begin(self, force):
        """Read what is there, without a last line that was cut off; or begin the manifest."""
        self._file.seek(0)
        lines = self._file.read().split(b'\n')
        whole = sum(len(line) + 1 for line in lines[:-1])
        if force or not lines[:-1]:
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
        self.pictures[record['picture']] = KnownPicture(
            stem, None if stamp is None else tuple(stamp),
            tuple(sys.intern(name.removeprefix(stem)) for name in record['files']))
        self.owners[folded(record['stem'])] = record['picture']

    def _compare(self, before):
        for key in sorted({*before, *self._settings}):
            was, now = before.get(key), self._settings.get(key)
            if was != now:
                raise FolderError(f'{self.folder} holds predictions that were made with {key}={was}, and now it is '
                                  f'{now}. Give another folder (--out), or write over what is there (--force)')

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


def folded(name: str) -> str:
    """A name as file systems compare it that do not tell upper from lower case."""
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
