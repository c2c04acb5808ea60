"""Files of a folder tree by a pattern such as ``Scene*/{clone,fog}/rgb/*.png``. Pure."""
import os
import re
from fnmatch import fnmatchcase

from .files.file_finder import FILE, FOLDER, contents, is_system_name, list_folder, why_missing


def split_pattern(pattern):
    """A pattern as its levels.

    Args:
        pattern (str): folders and a file between '/'; in each ``*``, ``?`` and alternatives ``{a,b}``, which are the
            whole of a level.

    Returns:
        list[str or tuple[str, ...]]: tuples of alternatives.

    Raises:
        ValueError: for an empty level, and one that leaves the folder.

    >>> split_pattern('Scene*/{clone,fog}/rgb_*.jpg')
    ['Scene*', ('clone', 'fog'), 'rgb_*.jpg']
    """
    levels = []
    for text in pattern.replace('\\', '/').split('/'):
        if text in ('', os.curdir, os.pardir):
            raise ValueError(f'pattern {pattern!r}: expected names between slashes, below the folder of the data')
        match = re.fullmatch(r'\{([^{}]+)\}', text)
        levels.append(tuple(match[1].split(',')) if match else text)
    return levels


def find_in_tree(root, levels):
    """Files below a folder, by the levels of a pattern; upper and lower case do not count. Links are followed, what is
    hidden or an operating system's own is passed over.

    Args:
        root (str): the folder.
        levels (list[str or tuple[str, ...]]): see :func:`split_pattern`.

    Yields:
        str: path below ``root``, with '/', in order.
    """
    if not os.path.isdir(root):
        return
    wanted = FOLDER if len(levels) > 1 else FILE
    for name, kind, _ in list_folder(root):
        if kind == wanted and not is_system_name(name) and _fits(name, levels[0]):
            if kind == FILE:
                yield name
            else:
                yield from (f'{name}/{below}' for below in find_in_tree(os.path.join(root, name), levels[1:]))


def _fits(name, level):
    alternatives = (level, ) if isinstance(level, str) else level
    return any(fnmatchcase(name.lower(), each.lower()) for each in alternatives)


def missing_alternative(names, levels):
    """The first alternative of a pattern of which nothing has been found.

    Args:
        names (list[str]): of :func:`find_in_tree`; one at the least.
        levels (list[str or tuple[str, ...]]): likewise.

    Returns:
        tuple[str, str] or None: it, and a folder (below the root) where it is not.
    """
    for depth, level in enumerate(levels):
        found = {name.split('/')[depth].lower() for name in names}
        for each in () if isinstance(level, str) else level:
            if not any(fnmatchcase(name, each.lower()) for name in found):
                return each, '/'.join(names[0].split('/')[:depth])
    return None


def why_nothing_fits(root, levels):
    """str: a sentence about a folder in which no file fits a pattern: where they lie, or what it holds instead."""
    if not os.path.isdir(root):
        return f'There is no folder {root}. {why_missing(root)}'
    for place in near_folders(root):
        if next(find_in_tree(place, levels), None):
            return f'There are such in {place}: set data_root={place!r}.'
    place, depth = root, 0
    while depth < len(levels) - 1:  # as far as the tree goes
        below = [name for name, kind, _ in list_folder(place) if kind == FOLDER and _fits(name, levels[depth])]
        if not below:
            break
        place, depth = os.path.join(place, below[0]), depth + 1
    return contents(place)


def near_folders(root):
    """Folders around one, in which somebody may have meant it to be."""
    root = os.path.normpath(root)
    above = os.path.dirname(os.path.abspath(root))
    yield from (above, os.path.dirname(above))
    for name, kind, _ in list_folder(root):
        if kind == FOLDER and not is_system_name(name):
            yield os.path.join(root, name)
            yield from (os.path.join(root, name, below) for below, what, _ in list_folder(os.path.join(root, name))
                        if what == FOLDER and not is_system_name(below))


def written(levels):
    """str: levels as the pattern that they are of."""
    return '/'.join(level if isinstance(level, str) else f'{{{",".join(level)}}}' if len(level) > 1 else level[0]
                    for level in levels)
