"""Files that are there whole or not at all. Pure."""
import os
from pathlib import Path


def write_atomically(path, content):
    """Write a file in one step: whoever reads it, and whatever stops the writing, sees the old file or the new one.

    Args:
        path (str | Path): the file; its folder must exist.
        content (bytes): all of it.
    """
    path = Path(path)
    # The process number keeps two programs that write the same file apart.
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_not_input(out, *inputs):
    """Refuse to write over what is read, by whatever path it is named: another spelling, a link.

    Args:
        out (str | Path): file to write.
        *inputs (str | Path | None): files that are read; URLs and None are none.

    Raises:
        ValueError: if ``out`` is one of them, or a folder.
    """
    if os.path.isdir(out):
        raise ValueError(f'{out} is a folder: name a file in it')
    for path in inputs:
        if path is not None and os.path.exists(path) and os.path.exists(out) and os.path.samefile(out, path):
            raise ValueError(f'{out} would be written over {path}, which is read: name another file to write')
