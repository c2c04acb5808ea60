"""Files that commands write: they never take the place of what somebody else has made, unless told. Pure, and quick.

A command run again writes over its own earlier output, which it knows by what is in it. Folders that are filled with
files of any names (predictions, pictures) get a small file that says whose they are.
"""
import json
import os
import zipfile
import zlib
from pathlib import Path

from ...atomic_file import check_not_input, write_atomically
from .program import UsageError

MARKER = '.mmdepthcls'
SOFTWARE = 'mmdepthcls'  # of the pictures that are files of their own
_BEGINNING = 1 << 16  # bytes of a text or picture that are looked at
_HEADER = 8 + 25  # bytes of a PNG file: signature, and the chunk that says its size


def add_force(parser):
    """Add ``--force``."""
    parser.add_argument('--force', action='store_true',
                        help='write over files that are there and are no earlier output of this command')


def check_output(name, path, force, is_ours, inputs=()):
    """Refuse a file that is there and of somebody else.

    Args:
        name (str): the option or argument that names it.
        path (str | Path): of the file.
        force (bool): refuse none.
        is_ours (callable): takes a path; whether the file is an earlier output of the same kind.
        inputs (sequence of str): files that are read, and never written over.

    Raises:
        UsageError
    """
    try:
        check_not_input(path, *inputs)
    except ValueError as error:
        raise UsageError(f'{name}: {error}') from error
    if os.path.lexists(path) and not force and not is_ours(path):
        raise UsageError(f'{name} {path} exists, and is no earlier output of this command. Name another file, or give '
                         '--force to write over it')


def check_output_folder(name, folder, force, names, known):
    """Refuse a folder in which files of the names that will be written are of somebody else.

    Args:
        name, force: see :func:`check_output`.
        folder (str | Path): may be missing.
        names (sequence of str): of files that will be written.
        known (tuple[str, callable]): the one of them by which an earlier output is known, and what knows it.

    Raises:
        UsageError
    """
    there = [each for each in names if os.path.lexists(Path(folder, each))]
    if there and not force and not known[1](Path(folder, known[0])):
        raise UsageError(f'{name} {folder} holds {", ".join(there)}, which this command did not write. Name another '
                         'folder, or give --force to write over them')


def check_filled_folder(name, folder, force, suffixes=('.png', )):
    """Refuse a folder that holds files of some kind, such as somebody's data, unless a command has filled it.

    Args:
        name, force: see :func:`check_output`.
        folder (str | Path): may be missing.
        suffixes (tuple[str, ...]): of the files that will be written.

    Raises:
        UsageError: names one of the files.
    """
    if force or os.path.lexists(Path(folder, MARKER)):
        return
    for parent, folders, files in os.walk(folder):
        folders.sort()
        found = next((each for each in sorted(files) if each.lower().endswith(suffixes)), None)
        if found:
            found = os.path.relpath(os.path.join(parent, found), folder)
            raise UsageError(f'{name} {folder} holds {found} and perhaps '
                             'more that this command did not write. Name another folder, or give --force to write '
                             'into it')


def mark_folder(folder):
    """Have :func:`check_filled_folder` know a folder from now on.

    Args:
        folder (str | Path): made if it is missing.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    write_atomically(Path(folder, MARKER), b'Files of mmdepthcls: written over when its command is run again.\n')


def json_with(*keys, **values):
    """Function that knows a JSON file by keys, and values, of the object that it holds."""
    def known(path):
        content = _json(path)
        return isinstance(content, dict) and content.keys() >= {*keys, *values} and all(
            content[key] == value for key, value in values.items())

    return known


def json_list_with(*keys):
    """Function that knows a JSON file by keys of the objects that it lists; an empty list will do."""
    def known(path):
        content = _json(path)
        return isinstance(content, list) and all(isinstance(each, dict) and each.keys() >= set(keys)
                                                 for each in content)

    return known


def bytes_with(beginning=b'', inside=b''):
    """Function that knows a file by how it begins, and by what stands near its beginning."""
    def known(path):
        try:
            with open(path, 'rb') as file:
                content = file.read(_BEGINNING)
        except OSError:
            return False
        return content.startswith(beginning) and inside in content

    return known


def checkpoint_with(text):
    """Function that knows a checkpoint by a text in its description. Nothing of it is unpickled."""
    def known(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith('/data.pkl')]
                return any(text in archive.read(name) for name in names)
        except (OSError, ValueError, zipfile.BadZipFile):
            return False

    return known


def picture():
    """Function that knows a picture of this package: a :func:`signed_picture`."""
    return bytes_with(b'\x89PNG', SOFTWARE.encode())


def signed_picture(png):
    """A PNG file with one more chunk of text, which says what made it.

    Args:
        png (bytes): the file.
    """
    text = b'tEXtSoftware\0' + SOFTWARE.encode()
    chunk = (len(text) - 4).to_bytes(4, 'big') + text + zlib.crc32(text).to_bytes(4, 'big')
    return png[:_HEADER] + chunk + png[_HEADER:]


def signed_png(rgb):
    """A picture ((H, W, 3) uint8, RGB) as a PNG file that is as small as it can be, and a :func:`signed_picture`."""
    import cv2
    import numpy as np
    options = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED]
    return signed_picture(cv2.imencode('.png', np.ascontiguousarray(rgb[..., ::-1]), options)[1].tobytes())


def _json(path):
    try:
        return json.loads(Path(path).read_text('utf-8'))
    except (OSError, ValueError):
        return None
