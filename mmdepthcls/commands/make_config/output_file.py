"""The file that a depth config is written to. Pure."""
import os
from pathlib import Path


def output_path(out, name, force=False):
    """Where a config is written.

    Args:
        out (str, optional): a file that ends in .py, or a folder (one that is there, or a name without an ending).
            Default: the current folder.
        name (str): of the file, where ``out`` is a folder.
        force (bool): overwrite a file.

    Returns:
        Path

    Raises:
        FileExistsError: if there is such a file; names the remedy.
        ValueError: for another ending, which MMEngine would not read.
        OSError: if nothing can be written there.
    """
    path = Path(out or '.')
    if path.is_dir() or not path.suffix or str(out).endswith(('/', os.sep)):
        path = path / name
    if path.suffix != '.py':
        raise ValueError(f'--out {out}: the name of a config ends in .py')
    if path.is_dir():
        raise IsADirectoryError(f'{path} is a folder: give another --out')
    if path.exists() and not force:
        raise FileExistsError(f'{path} exists; give --force to overwrite it, or another --out')
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise NotADirectoryError(f'--out {out}: {folder} is no folder')
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f'--out {out}: {folder} may not be written to; give another --out')
    return path
