"""Files that lists name, in whatever way people write them. Pure."""
from __future__ import annotations

import os

from ..split_file import is_file_name
from .file_finder import FileFinder
from .inside_path import join_inside, without_overlap


def listed_path(finder: FileFinder, folder: str, name: str, endings: tuple[str, ...], where: str) -> str:
    """Path of a listed file.

    Args:
        finder: which remembers what it has found.
        folder: that the list is relative to, and that no file may leave.
        name: as it is listed; its ending may be missing, and it may begin with the folder.
        endings: that the file may have where ``name`` has none.
        where: the list and the line, for messages.

    Returns:
        Where there is no such file, the path as it is written.

    Raises:
        ValueError: for a path that leaves the folder, and a name that may be several files.
    """
    paths: list[str] = []
    for text in (name, *filter(None, [without_overlap(folder, name)])):
        path = join_inside(folder, text, where)
        try:
            path = finder.resolve(folder, path)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
        found = [path]
        if not finder.kind(path) and not is_file_name(path):
            found = finder.find(path, endings) or found
        if len(found) > 1:
            raise ValueError(f'{where}: {name!r} may be {" or ".join(found)}. Write the ending that is meant.')
        if finder.kind(found[0]):
            return found[0]
        paths += found
    return paths[0]


def relative_name(path: str, folder: str | None) -> str:
    """Name of a file below a folder, with '/'; what lies elsewhere keeps its path."""
    name = os.path.relpath(path, folder or os.curdir)
    return (path if name.startswith(os.pardir) else name).replace(os.sep, '/')
