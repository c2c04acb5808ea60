"""Files and arrays by their content. Pure."""
import os
from collections import defaultdict
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from ...count_text import counted
from .finding import error


def digest(content):
    """16 bytes that stand for bytes, or for an array's numbers and shape."""
    if isinstance(content, np.ndarray):
        shape = f'{content.dtype.str}{content.shape}'.encode()
        return blake2b(np.ascontiguousarray(content), digest_size=16, key=shape[:64]).digest()
    return blake2b(content, digest_size=16).digest()


MISSING = 'missing file'


def missing_folders(findings):
    """Findings, where all missing files below a folder that is not there are one.

    Args:
        findings (iterable[Finding])

    Returns:
        list[Finding]
    """
    kept, folders, absent = [], defaultdict(list), {}
    for finding in findings:
        folder = _absent_folder(os.path.dirname(finding.path), absent) if finding.kind == MISSING else None
        if folder:
            folders[folder].append(finding)
        else:
            kept.append(finding)
    for folder, members in folders.items():
        files = sorted({finding.path for finding in members})
        if len(files) == 1:
            kept.append(members[0])
        else:
            kept.append(replace(error(
                MISSING, files[0], f'the folder {folder} does not exist, and with it '
                f'{counted(len(files), "file")} of samples',
                'Copy it, or check data_root and data_prefix.'), others=tuple(files[1:])))
    return kept


def _absent_folder(folder, known):
    """The outermost folder of a path that does not exist, or None; ``known`` remembers."""
    if folder not in known:
        parent = os.path.dirname(folder)
        known[folder] = None if not folder or os.path.isdir(folder) else (
            (_absent_folder(parent, known) if parent != folder else None) or folder)
    return known[folder]


def missing_file(path, what):
    """The Finding that there is no such file to read, or None."""
    if not os.path.lexists(path):
        return error(MISSING, path, f'the {what} does not exist', _similar(path))
    if not os.path.isfile(path):
        link = os.path.islink(path) and not os.path.exists(path)
        return error(MISSING, path, f'the {what} is {"a broken link" if link else "no file"}', 'Replace it.')
    if not os.access(path, os.R_OK):
        return error(MISSING, path, f'the {what} may not be read', 'Change its permissions.')
    if not os.path.getsize(path):
        return error('empty file', path, f'the {what} has 0 bytes', 'Copy it again.')
    return None


def _similar(path):
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        return f'Its folder {folder} does not exist either: check data_root and data_prefix.'
    stem = os.path.splitext(name)[0].lower()
    near = [other for other in os.listdir(folder) if os.path.splitext(other)[0].lower() == stem]
    return f'There is {near[0]}: rename it, or change the suffix.' if near else 'Copy it, or take it out of the split.'
