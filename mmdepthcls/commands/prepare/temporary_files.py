"""Temporary files that a killed program left behind. Pure."""
import os
import re

# As mmdepthcls.atomic_file names them: .NAME.PROCESS.tmp
TEMPORARY = re.compile(r'\.(.+)\.(\d+)\.tmp')


def remove_stale(folder, names, is_ours):
    """Remove the temporary files in one folder whose program has ended.

    Args:
        folder (str): the folder.
        names (iterable[str]): names in it.
        is_ours (callable): whether a file of this name would be written here; takes the name without the additions.

    Returns:
        list[str]: names that were removed.
    """
    removed = []
    for name in names:
        match = TEMPORARY.fullmatch(name)
        if match and is_ours(match[1]) and _has_ended(int(match[2])):
            os.unlink(os.path.join(folder, name))
            removed.append(name)
    return removed


def _has_ended(process):
    if os.name != 'posix':
        return False  # asking is not harmless elsewhere; such a file does no harm either
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return process == os.getpid()  # of an earlier process of this number
