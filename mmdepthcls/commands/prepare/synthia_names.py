"""The names of SYNTHIA's files as unpacked, and how those with backslashes get into their folders. Pure.

A path is written from the listed folder on, with '/': 'RGB/0000000.png'.
"""
import os
import re
from collections import Counter
from typing import NamedTuple

from ...parallel import ProgressLine

TOP = 'RAND_CITYSCAPES'
FOLDERS = ('RGB', 'Depth', 'GT')


class Tree(NamedTuple):
    """What lies below a folder."""
    files: dict  # path -> bytes; 0 for a link that leads nowhere
    folders: frozenset
    links: frozenset  # those of the folders that are symbolic links


class RepairPlan(NamedTuple):
    """How backslash names can be mended."""
    renames: list  # (old path, new path)
    refused: list  # (old path, why it is left alone)


def list_tree(root):
    """Everything below a folder. Follows links, and enters each folder once.

    Args:
        root (str | Path): the folder.

    Returns:
        Tree
    """
    files, folders, links, seen, waiting = {}, set(), set(), set(), ['']
    while waiting:
        folder = waiting.pop()
        place = os.path.join(root, folder)
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        folders.add(folder)
        with os.scandir(place) as entries:
            for entry in entries:
                path = f'{folder}/{entry.name}' if folder else entry.name
                if not entry.is_dir():
                    files[path] = entry.stat().st_size if os.path.exists(entry.path) else 0
                elif entry.is_symlink():
                    links.add(path)
                    waiting.insert(0, path)  # entered last: what is linked counts where it really lies
                else:
                    waiting.append(path)
    return Tree(files, frozenset(folders), frozenset(links))


def plan_repair(tree, root_name=''):
    """How files such as the one called ``RGB\\0000000.png``, left by some unrar builds, get into their folders.

    A leading ``RAND_CITYSCAPES\\`` is dropped where the tree is that folder already. Nothing is planned onto or below
    an existing file, through a link, or out of the tree; of several files that would get one name, none is renamed.

    Args:
        tree (Tree): the files.
        root_name (str): name of the tree's folder.

    Returns:
        RepairPlan
    """
    old_paths = sorted(path for path in tree.files if '\\' in path)
    is_top = root_name == TOP or any(path.replace('\\', '/').split('/')[0] in FOLDERS for path in tree.files)
    new_paths = [(path.removeprefix(f'{TOP}\\') if is_top else path).replace('\\', '/') for path in old_paths]
    counts = Counter(new_paths)
    new_folders = {folder for path in new_paths for folder in _folders_of(path)}
    plan = RepairPlan([], [])
    for old, new in zip(old_paths, new_paths, strict=True):
        reason = _objection(tree, old, new)
        clash = counts[new] > 1 or new in new_folders or any(folder in counts for folder in _folders_of(new))
        if clash and not reason:
            reason = f'another file needs the name {new} or a part of it'
        if reason:
            plan.refused.append((old, reason))
        else:
            plan.renames.append((old, new))
    return plan


def _objection(tree, old, new):
    """str or None: why the tree as it is does not let ``old`` become ``new``."""
    if any(part in ('', '.', '..') or re.match('[A-Za-z]:', part) for part in new.split('/')):
        return 'its name is no plain path below the folder'
    if new in tree.files:
        return f'{new} exists already, with {"the same" if tree.files[old] == tree.files[new] else "another"} size'
    if new in tree.folders:
        return f'{new} is a folder'
    for folder in _folders_of(new):
        if folder in tree.files:
            return f'{folder} is a file, not a folder'
    for folder in [*_folders_of(new), *_folders_of(old)]:
        if folder in tree.links:
            return f'{folder} is a link: nothing is renamed through links'
    return None


def _folders_of(path):
    """The folders on the way to a file: 'a', 'a/b' for 'a/b/c'."""
    parts = path.split('/')
    return ['/'.join(parts[:count]) for count in range(1, len(parts))]


def rename_files(root, renames, progress=True):
    """Carry out a plan, file by file. Where it is stopped, a new plan has what is left.

    Args:
        root (str | Path): folder of the tree.
        renames (list[tuple[str, str]]): of :func:`plan_repair`.
        progress (bool): show a progress line on stderr.

    Raises:
        FileExistsError: if a new path has come to exist since it was planned; it is not overwritten.
        OSError: if the system refuses.
    """
    line = ProgressLine('Renaming', len(renames)) if progress and renames else None
    for old, new in renames:
        target = os.path.join(root, new)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):  # os.rename would overwrite it
            raise FileExistsError(f'{target} has come to exist since the plan was made and is kept: run it again.')
        os.rename(os.path.join(root, old), target)
        if line:
            line.advance()


def printable(path):
    """A file name of any bytes, safe to print."""
    return ''.join(char if char.isprintable() else repr(char)[1:-1] for char in path)
