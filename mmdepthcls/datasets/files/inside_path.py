"""Paths that others have written, kept inside the folder that they are relative to. Pure."""
import os
import re


def join_inside(folder, name, where):
    """``folder/name``, refused where ``name`` leaves ``folder``. Links in the folder are followed by whoever opens it.

    A leading slash means the folder, as in lists of NYU; a whole path that lies in the folder is taken as well.

    Args:
        folder (str): the root.
        name (str): what a list says, with '/'.
        where (str): the split file and line, for messages.

    Returns:
        str: the path, without '.' and '..', which would lead elsewhere behind a link.

    Raises:
        ValueError: names ``where`` and the path.
    """
    parts = os.path.normpath(_below(folder, name).lstrip('/') or os.curdir).split(os.sep)
    if not name or name.startswith('//') or re.match(r'[A-Za-z]:', parts[0]) or parts[0] in (os.pardir, os.curdir):
        raise ValueError(f'{where}: path {name!r} leaves the data root, or is none. Write it relative to {folder!r}.')
    return os.path.join(folder, *parts)


def without_overlap(folder, name):
    """A path without the folders with which it begins and ``folder`` ends: those that are meant only once.

    Args:
        folder (str): the root.
        name (str): what a list says.

    Returns:
        str or None: None where nothing is twice.

    >>> without_overlap('data/mine/rgb', 'mine/rgb/0.png')
    '0.png'
    """
    parts = [part for part in name.replace('\\', '/').split('/') if part not in ('', os.curdir)]
    ends = os.path.abspath(folder).split(os.sep)[1:]
    twice = max((count for count in range(1, len(parts)) if parts[:count] == ends[-count:]), default=0)
    return '/'.join(parts[twice:]) if twice else None


def _below(folder, name):
    """A whole path in ``folder`` as one from there; others as they are."""
    if os.path.isabs(name):
        path = os.path.normpath(name)
        for root in (os.path.abspath(folder), os.path.realpath(folder)):
            if path.startswith(os.path.join(root, '')):
                return path[len(os.path.join(root, '')):]
    return name
