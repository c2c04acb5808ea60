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
