"""What a person gives to be predicted: pictures, folders, patterns, lists, films, cameras, arrays. Pure."""
from __future__ import annotations

import functools
import glob
import os
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..datasets.files.file_finder import contents, find_files, is_system_name, why_missing
from ..datasets.files.inside_path import join_inside
from ..datasets.split_file import read_split_file
from .picture_file import PICTURE_SUFFIXES, check_picture, read_picture

VIDEO_SUFFIXES = ('.mp4', '.m4v', '.mov', '.avi', '.mkv', '.webm', '.mpg', '.mpeg', '.wmv', '.ts')
LIST_SUFFIXES = ('.txt', '.csv', '.lst')
Results = Callable[[str], Container[str] | None]
FILE, FILM, CAMERA, ARRAY = 'file', 'film', 'camera', 'array'


@dataclass(frozen=True)
class PictureSource:
    """One picture that has not been read yet.

    Args:
        name: what its results are called: its path below what was given, with '/' and its ending.
        path: of its file; None for an array or a frame of a film.
        image: (H, W, 3) uint8 RGB of those.
        film: the film that it is a frame of.
        problem: why there is no picture: it stands for a film or camera of which nothing can be read.
    """
    name: str
    path: str | None = None
    image: np.ndarray | None = None
    film: str | None = None
    problem: str = ''

    def read(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB; raises as :func:`~mmdepthcls.apis.picture_file.read_picture`."""
        if self.problem:
            raise ValueError(f'{self}: {self.problem}')
        if self.path is not None:
            return read_picture(self.path)
        assert self.image is not None
        return check_picture(self.image, self.name)

    def __str__(self):
        return self.path or (self.problem and self.film) or self.name


def source_of(picture: Any, index: int = 0) -> PictureSource:
    """The source that a path of a picture or an array is; ``index`` tells arrays apart."""
    if isinstance(picture, PictureSource):
        return picture
    if isinstance(picture, (str, os.PathLike)):
        return PictureSource(os.path.basename(picture), os.fspath(picture))
    return PictureSource(f'array_{index:06d}', image=picture)


@dataclass(frozen=True)
class _Entry:
    """What one input becomes: a file, a film, a camera or an array, not opened yet."""
    kind: str
    name: str
    place: Any


class PictureSources:
    """All pictures that inputs mean, in order; films and cameras are read frame by frame.

    Args:
        inputs: a path or array, or several: files; folders (with all below them, sorted); patterns (``a/*.png``,
            ``**``); lists (``.txt``: a path a line, below the list's folder); films; ``'0'``, ``'1'``, ...: cameras of
            this machine; (H, W, 3) uint8 RGB arrays.
        without: a folder below which nothing is looked for: that of the results.
        results: gives what a folder says was written into it, as paths below it; None where it holds no results.
            These are not looked for either.
        list_root: the folder that lists begin at; default: that of the list.
        frames: of a film or camera, at the most.

    Attributes:
        total (int or None): how many pictures there are; None where a camera or film does not say.
        frames (int or None): as given.
        skipped (list[str]): folders whose results were passed over.

    Raises:
        FileNotFoundError: for what does not exist, and for folders, patterns and lists without pictures.
        ValueError: for a list that leaves its folder, and names the line; for what is neither file nor folder.
        TypeError: for what is neither path nor array.
    """

    def __init__(self, inputs: Any, *, without: str | os.PathLike[str] | None = None, results: Results | None = None,
                 list_root: str | None = None, frames: int | None = None) -> None:
        self.skipped: list[str] = []
        self._without = None if without is None else os.path.realpath(without)
        self._results_in = None if results is None else functools.cache(results)
        self._list_root, self.frames = list_root, frames
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if not inputs:
            raise FileNotFoundError('nothing to predict: give a picture, a folder, a film or an array')
        self._entries = self._all_entries(inputs)

    @property
    def total(self) -> int | None:
        """How many pictures there are; None where nobody knows."""
        counts = [1 if each.kind in (FILE, ARRAY) else self._count(each) for each in self._entries]
        return None if None in counts else sum(counts)

    @property
    def has_films(self) -> bool:
        """Whether there are films among the inputs."""
        return any(each.kind == FILM for each in self._entries)

    def paths(self) -> list[str]:
        """The files that are read."""
        return [each.place for each in self._entries if each.kind in (FILE, FILM)]

    def __iter__(self) -> Iterator[PictureSource]:
        for entry in self._entries:
            if entry.kind == FILE:
                yield PictureSource(entry.name, entry.place)
            elif entry.kind == ARRAY:
                yield PictureSource(entry.name, image=entry.place)
            else:
                yield from self._read_frames(entry)

    def _all_entries(self, inputs):
        entries, alone = [], []
        folders = [os.path.normpath(each) for each in inputs if isinstance(each, (str, os.PathLike))
                   and os.path.isdir(each)]
        for index, each in enumerate(inputs):
            if isinstance(each, np.ndarray):
                entries.append(_Entry(ARRAY, f'array_{index:06d}', check_picture(each, f'input {index}')))
            elif not isinstance(each, (str, os.PathLike)):
                raise TypeError(f'expected paths or (H, W, 3) uint8 RGB arrays, got {type(each).__name__}')
            elif os.path.isdir(each):
                name = os.path.basename(os.path.realpath(each)) if len(set(folders)) > 1 else ''
                entries += self._of_folder(os.fspath(each), name)
            else:
                found, paths = self._of_name(os.path.expanduser(os.fspath(each)))
                entries += found
                alone += paths
                entries += [None] * bool(paths)  # their names follow when all are known
        # Files that are given one by one keep their names, where these tell them apart.
        short = {os.path.splitext(os.path.basename(path))[0].casefold() for path in alone}
        named = iter([_entry_of(os.path.basename(path), path) for path in alone] if len(short) == len(set(alone))
                     else _files_below(alone))
        seen: set[str] = set()
        return [each for each in (next(named) if entry is None else entry for entry in entries)
                if each.kind not in (FILE, FILM) or not _seen_before(os.path.abspath(each.place), seen)]

    def _of_folder(self, folder, prefix):
        found = find_files(folder, PICTURE_SUFFIXES)
        paths = {name: os.path.join(folder, name) for name in found.names}
        kept = [_Entry(FILE, f'{prefix}/{name}' if prefix else name, path) for name, path in paths.items()
                if not self._is_result(path, folder)]
        if paths and not kept:
            raise FileNotFoundError(f'{folder} holds no pictures but results of before, which are not predicted')
        if not kept:
            films = [each for end in VIDEO_SUFFIXES for each in found.others.get(end, ())]
            remedy = f' Give films by their names: {films[0]}.' if films else ''
            raise FileNotFoundError(f'{folder} holds no pictures ({", ".join(PICTURE_SUFFIXES[:4])}, ...): '
                                    f'{contents(folder)}{remedy}')
        return kept

    def _of_name(self, path):
        """Entries of what is no folder, and the one file that still needs a name."""
        end = os.path.splitext(path)[1].lower()
        if os.path.exists(path):
            if not os.path.isfile(path):
                raise ValueError(f'{path} is neither a file nor a folder, but a pipe or a device (a camera is given by '
                                 'its number: 0)')
            if end in LIST_SUFFIXES:
                return _files_below(self._of_list(path)), []
            return [], [path]
        if path.isdecimal() and len(path) < 4:
            return [_Entry(CAMERA, time.strftime(f'camera_{path}/%Y-%m-%d_%H-%M-%S'), int(path))], []
        if glob.has_magic(path):
            fixed = os.path.dirname(path[:min(map(path.find, set('*?[') & set(path)))]) or os.curdir
            found = [each for each in _matches(path) if not self._is_result(each, fixed)]
            if not found:
                raise FileNotFoundError(f'{path}: the pattern fits no picture')
            return _files_below(found), []
        raise FileNotFoundError(f'{path} does not exist: {why_missing(path)}')

    def _of_list(self, file):
        root = self._list_root or os.path.dirname(file) or os.curdir
        found = []
        for where, columns in read_split_file(file, 'the pictures to predict'):
            try:
                path = join_inside(root, columns[0], where)
                if os.path.isabs(columns[0]) and os.path.exists(columns[0]) and not os.path.exists(path):
                    raise ValueError(f'{where}: {columns[0]!r} is not in {root!r}, the folder of the list')
            except ValueError as error:
                raise ValueError(f'{error} (--list-root names another folder for lists to begin at)') from None
            found.append(path)
        if not found:
            raise FileNotFoundError(f'{file} lists no pictures')
        return found

    def _is_result(self, path, top):
        """Whether a file below a folder lies in that of the results, or is named by one on the way to it."""
        real, top = os.path.realpath(path), os.path.realpath(top)
        if self._without and _is_below(real, self._without) and _is_below(self._without, top):
            return True
        if self._results_in is None:
            return False
        place, places = os.path.dirname(real), [self._without] * bool(self._without)
        while place == top or _is_below(place, top):
            places.append(place)
            place = os.path.dirname(place)
        for place in places:
            if _is_below(real, place) and os.path.relpath(real, place).replace(os.sep, '/') in (
                    self._results_in(place) or ()):
                if place not in (self._without, *self.skipped):
                    self.skipped.append(place)
                return True
        return False

    def _count(self, entry):
        if entry.kind == CAMERA:
            return self.frames
        film = cv2.VideoCapture(entry.place)
        count = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
        film.release()
        return None if count <= 0 else min(count, self.frames or count)

    def _read_frames(self, entry):
        film, index = cv2.VideoCapture(entry.place), 0
        try:
            while index != self.frames:
                done, frame = film.read()
                if not done:
                    break
                yield PictureSource(f'{entry.name}/{index:06d}', image=np.ascontiguousarray(frame[..., ::-1]),
                                    film=entry.place if entry.kind == FILM else None)
                index += 1
        finally:
            film.release()
        if not index:
            # A picture that cannot be read, since what follows can.
            camera = entry.kind == CAMERA
            yield PictureSource(f'camera {entry.place}' if camera else entry.name, film=None if camera else entry.place,
                                problem='OpenCV reads no frame of it (is it '
                                f'{"in use, or not there" if camera else "a film, and whole"}?)')


def frame_rate(film: str) -> float:
    """Frames a second of a film; 25 where it does not say."""
    capture = cv2.VideoCapture(film)
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return rate if 1 <= rate <= 1000 else 25.0


def _is_below(path, folder):
    return path != folder and path.startswith(os.path.join(folder, ''))


def _matches(pattern):
    """Pictures that fit a pattern, each once, however many links lead to it: loops end."""
    fixed = next(index for index, part in enumerate(pattern.split(os.sep)) if glob.has_magic(part))
    seen: set[str] = set()
    fitting = [each for each in sorted(glob.iglob(pattern, recursive=True), key=lambda path: (path.count(os.sep), path))
               if each.lower().endswith(PICTURE_SUFFIXES) and os.path.isfile(each)
               and not any(map(is_system_name, each.split(os.sep)[fixed:]))]
    return sorted(each for each in fitting if not _seen_before(os.path.realpath(each), seen))


def _seen_before(path, seen):
    if path in seen:
        return True
    seen.add(path)
    return False


def _entry_of(name, path):
    return _Entry(FILM if name.lower().endswith(VIDEO_SUFFIXES) else FILE, name, path)


def _files_below(paths: Sequence[str]) -> list[_Entry]:
    """Entries of files, named from the folder that holds all of them."""
    if not paths:
        return []
    absolute = [os.path.abspath(path) for path in paths]
    top = os.path.commonpath([os.path.dirname(path) for path in absolute])
    return [_entry_of(os.path.relpath(whole, top).replace(os.sep, '/'), path)
            for whole, path in zip(absolute, paths, strict=True)]
