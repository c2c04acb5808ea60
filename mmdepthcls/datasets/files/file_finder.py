"""Files in folders, as people lay them out: links, upper case, hidden files, two spellings of one name. Pure."""
import os
import re
import unicodedata
from collections import defaultdict
from typing import NamedTuple

from ...count_text import some_of
from .stand_in import LINK_REMEDY, spelled_link, written_link

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')
# What systems and programs put beside people's files, beside what begins with a dot (.DS_Store, ._0.png of macOS).
SYSTEM_NAMES = {'thumbs.db', 'ehthumbs.db', 'desktop.ini', '__macosx', '@eadir', '#recycle', '@recycle', '$recycle.bin',
                'system volume information', 'lost+found'}
ENDING = re.compile(r'\.[^\W\d]\w{0,4}$')  # what has none may have been meant as a folder
SHOWN = 5
FILE, FOLDER, BROKEN, OTHER = 'file', 'folder', 'broken link', 'no file'


def written_path(path, name):
    """A path as a config writes it, with its ``~`` and ``$VARIABLE`` where there is no file of that very name.

    Args:
        path (str | Path | None)
        name (str): of the setting, for the message.

    Returns:
        str or None

    Raises:
        TypeError: if it is no path.
    """
    if path is None:
        return None
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f'{name} must be one path, got {path!r} (several lists or folders: a dataset each, in a '
                        'ConcatDataset)')
    path = os.fspath(path)
    return path if os.path.exists(path) else os.path.expandvars(os.path.expanduser(path))


def is_system_name(name):
    """bool: whether a file or folder is hidden, or an operating system's own."""
    return name.startswith('.') or name.lower() in SYSTEM_NAMES


class FoundFiles(NamedTuple):
    """What :func:`find_files` has found, as paths below the folder, with '/'.

    Args:
        names (list[str]): the files in order, among them links with a wanted ending that lead nowhere.
        unusable (list[str]): links that lead nowhere and may have been folders, text files that Git has written in
            place of links, and what is neither file nor folder.
        repeated (list[tuple[str, str]]): links to folders that are read at another place (or hold this one), and the
            place.
        others (dict[str, list[str]]): files with other endings, by the ending in lower case.
    """
    names: list
    unusable: list
    repeated: list
    others: dict


def find_files(folder, suffixes):
    """Files below a folder, by their endings in upper or lower case.

    Links are followed. Each real folder is entered once, where it really lies if it lies below ``folder``, and none
    that holds ``folder``: loops end. What is hidden, or an operating system's own, is passed over.

    Args:
        folder (str | Path): where to look.
        suffixes (iterable[str]): endings of the names.

    Returns:
        FoundFiles

    Raises:
        OSError: if a folder cannot be read.
    """
    root = os.fspath(folder)
    suffixes = tuple(suffix.lower() for suffix in suffixes)
    seen = _folders_above(os.path.realpath(root))
    names, unusable, repeated, others = [], [], [], defaultdict(list)
    waiting, linked = [''], []
    while waiting or linked:
        name = waiting.pop() if waiting else linked.pop(0)
        real = os.path.realpath(os.path.join(root, name))
        if real in seen:
            repeated.append((name, seen[real]))
            continue
        seen[real] = name or os.curdir
        for entry, kind, is_link in list_folder(os.path.join(root, name)):
            path = f'{name}/{entry}' if name else entry
            if is_system_name(entry):
                continue
            wanted = entry.lower().endswith(suffixes)
            if kind == FOLDER:
                (linked if is_link else waiting).append(path)
            elif kind in (FILE, BROKEN) and wanted:
                names.append(path)
            elif kind == OTHER and wanted or kind != OTHER and not ENDING.search(entry) and (
                    kind == BROKEN or written_link(os.path.join(root, path))):
                unusable.append(path)
            elif kind == FILE:
                others[os.path.splitext(entry)[1].lower()].append(path)
    return FoundFiles(sorted(names), sorted(unusable), sorted(repeated), {end: sorted(others[end]) for end in others})


def check_usable(folder, found):
    """Raise for what may have been data and cannot be read.

    Args:
        folder (str | Path): where :func:`find_files` has looked.
        found (FoundFiles): what it has found.

    Raises:
        FileNotFoundError: names the first link that leads nowhere or is a text, and where it leads.
    """
    if found.unusable:
        path = os.path.join(folder, found.unusable[0])
        more = f' ({len(found.unusable)} such in {folder})' if len(found.unusable) > 1 else ''
        raise FileNotFoundError(f'{path} is {describe(path)}{more}. '
                                f'{LINK_REMEDY if written_link(path) else "Mend or remove it"}.')


def list_folder(folder):
    """What lies in a folder, in the order of the names.

    Args:
        folder (str | Path)

    Returns:
        list[tuple[str, str, bool]]: name; :data:`FILE`, :data:`FOLDER`, :data:`BROKEN` or :data:`OTHER`; whether it is
        a link.

    Raises:
        OSError: if it cannot be read.
    """
    with os.scandir(folder) as entries:
        return sorted((entry.name, _kind(entry), entry.is_symlink()) for entry in entries)


def describe(path):
    """str: what a path is that is no file, in words."""
    if os.path.islink(path) and not os.path.exists(path):
        return f'a link to {os.readlink(path)}, which does not exist'
    if os.path.isfile(path):
        target = written_link(path)
        return spelled_link(target) if target else 'a file'
    return 'a folder' if os.path.isdir(path) else 'neither a file nor a folder'


def why_missing(path):
    """str: a sentence about a path that does not exist: what lies where it should be."""
    place = _nearest(path)
    if not os.path.isdir(place):
        remedy = f'. {LINK_REMEDY}' if written_link(place) else ''
        return f'{place} is {describe(place)}{remedy}.'
    return contents(place, os.path.splitext(os.path.basename(path))[0])


def refuse_stand_in(path):
    """Raise where a path cannot be, since one of its folders is a link that leads nowhere or is only a text.

    Raises:
        FileNotFoundError: names it, and the remedy.
    """
    place = _nearest(path)
    if not os.path.isdir(place) and (os.path.islink(place) or written_link(place)):
        raise FileNotFoundError(why_missing(path))


def _nearest(path):
    """The path, or the first folder above it that there is, whatever lies in its place."""
    place = os.path.normpath(path)
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place) or os.curdir
    return place


def contents(folder, like=''):
    """str: a sentence that names a few of the files in a folder, first those whose names hold ``like``."""
    names = [name for name, _, _ in list_folder(folder) if not is_system_name(name)]
    names.sort(key=lambda name: like not in name)
    return f'{folder} holds {some_of(names, SHOWN) or "nothing"}.'


def _kind(entry):
    try:
        if entry.is_dir():
            return FOLDER
        if entry.is_file():
            return FILE
    except OSError:  # a link to itself
        return BROKEN
    return BROKEN if entry.is_symlink() else OTHER


def _folders_above(real):
    """The folders that hold a folder: a link to one of them is a loop."""
    above, parent = {}, os.path.dirname(real)
    while parent not in above:
        above[parent] = parent
        parent = os.path.dirname(parent)
    above.pop(real, None)
    return above


class FileFinder:
    """Finds files by the names that people write; lists each folder once.

    A name is taken as it is written where there is such a file; else the one file whose name differs only in the
    spelling of its letters (composed or decomposed, as macOS has them) or in upper and lower case.
    """

    def __init__(self):
        self._listings, self._groups = {}, {}

    def listing(self, folder):
        """dict[str, str]: kind of each name in a folder, see :func:`list_folder`; empty where there is no folder."""
        if folder not in self._listings:
            there = list_folder(folder or os.curdir) if os.path.isdir(folder or os.curdir) else ()
            self._listings[folder] = {name: kind for name, kind, _ in there}
        return self._listings[folder]

    def kind(self, path):
        """str or None: what is at a path, see :func:`list_folder`; None: nothing."""
        folder, name = os.path.split(path)
        return self.listing(folder).get(name)

    def resolve(self, root, path):
        """A path as it is spelled on disk.

        Args:
            root (str): a folder, taken as it is.
            path (str): of a file below it, with ``root``.

        Returns:
            str: as it is where nothing has such a name.

        Raises:
            ValueError: if two files have such a name; names them.
        """
        if self.kind(path):
            return path
        place = root
        for part in os.path.relpath(path, root or os.curdir).split(os.sep):
            place = os.path.join(place, self._spelled(place, part))
        return place

    def find(self, stem, suffixes):
        """Files of one name with one of several endings.

        Args:
            stem (str): path without the ending; its folder as it is on disk.
            suffixes (iterable[str]): endings, in upper or lower case.

        Returns:
            list[str]: paths of the files, in the order of ``suffixes``.
        """
        folder, name = os.path.split(stem)
        found = [there for suffix in suffixes for there in self._alike(folder, name + suffix, _caseless)
                 if composed(there).startswith(composed(name))]
        exact = [there for there in found if there.startswith(name)]
        return [os.path.join(folder, there) for there in exact or found]

    def _spelled(self, folder, name):
        if name in self.listing(folder):
            return name
        for fold in (composed, _caseless):
            alike = self._alike(folder, name, fold)
            if len(alike) > 1:
                raise ValueError(f'{os.path.join(folder, name)} does not exist, and both {alike[0]!r} and {alike[1]!r} '
                                 'may be meant. Write the name as it is, or remove one of them.')
            if alike:
                return alike[0]
        return name

    def _alike(self, folder, name, fold):
        """list[str]: names in a folder that are one name to ``fold``."""
        if (folder, fold) not in self._groups:
            groups = self._groups[folder, fold] = defaultdict(list)
            for there in self.listing(folder):
                groups[fold(there)].append(there)
        return self._groups[folder, fold].get(fold(name), [])


def composed(name):
    """str: a name with one character for a letter and its accents; macOS writes two."""
    return unicodedata.normalize('NFC', name)


def _caseless(name):
    return composed(composed(name).casefold())
