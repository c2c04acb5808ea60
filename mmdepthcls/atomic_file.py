"""Files that are there whole or not at all. Pure."""
import os
import re
from contextlib import suppress
from pathlib import Path

_TEMPORARY = re.compile(r'\..+\.(\d+)\.tmp')  # see temporary_path


def temporary_path(path):
    """Path: beside a file, for what is to take its place; :func:`remove_leftovers` knows it. The process number keeps
    two programs that write the same file apart."""
    path = Path(path)
    return path.with_name(f'.{path.name}.{os.getpid()}.tmp')


def write_atomically(path, content, durably=False):
    """Write a file in one step: whoever reads it, and whatever stops the writing, sees the old file or the new one.

    Args:
        path (str | Path): the file; its folder must exist.
        content (bytes): all of it.
        durably (bool): return when it is on the disk, so that even a power failure finds it there.
    """
    path = Path(path)
    temporary = temporary_path(path)
    try:
        if durably:
            with open(temporary, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            replace_durably(temporary, path)
        else:
            temporary.write_bytes(content)
            os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_durably(source, target):
    """Rename a file that is on the disk, and have the name there too.

    Args:
        source (str | Path): in the same folder.
        target (str | Path): what it replaces.
    """
    os.replace(source, target)
    with suppress(OSError):  # systems that cannot open a folder, or cannot synchronize one
        folder = os.open(os.path.dirname(os.path.abspath(target)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_leftovers(folder):
    """Remove what killed programs had begun to write into a folder; what a process here may still write stays.

    Args:
        folder (str | Path): may be missing.

    Returns:
        list[str]: names of what is gone.
    """
    removed = []
    for path in Path(folder).glob('.*.tmp'):
        match = _TEMPORARY.fullmatch(path.name)
        if match and path.is_file() and not is_running(int(match[1])):
            path.unlink(missing_ok=True)
            removed.append(path.name)
    return sorted(removed)


def is_running(pid):
    """bool: whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return True


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
