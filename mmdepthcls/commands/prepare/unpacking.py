"""Zip archives unpacked without trust: nothing outside the folder, nothing overwritten, every byte verified. Pure."""
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from .temporary_files import remove_stale

CHUNK = 2**20
MAX_BYTES = 2**36  # 64 GiB
# Deflate reaches 1000; images and LiDAR scans hardly 2, a text file of equal lines perhaps 50.
MAX_RATIO = 200
SMALL = 2**20  # bytes that may be compressed as well as they can
# Characters that no plain name has: control characters, and what Windows takes for a drive, a stream or a pattern.
STRANGE = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


class UnpackError(ValueError):
    """An archive that is damaged or cannot be trusted; the message names it, the member and the remedy."""


class Unpacked(NamedTuple):
    """What has become of an archive's files."""
    written: int
    kept: int  # they were there, with the same content
    skipped: int  # not wanted
    conflicts: list  # paths of files that are there with other content; left as they are


def unpack(archive, folder, *, wanted=None, max_bytes=MAX_BYTES, max_ratio=MAX_RATIO, on_member=None, stop=None):
    """Write an archive's files into a folder. A stopped run is finished by the next.

    All names and sizes are checked before the first byte is written. Each file is written under a temporary name,
    compared with its checksum and then renamed.

    Args:
        archive (str | Path): a zip file.
        folder (str | Path): is made if need be.
        wanted (callable, optional): whether to write the member of a name such as 'a/b.png'; default: all.
        max_bytes (int): most that all files together may have.
        max_ratio (float): most that a file, and all together, may shrink by compression.
        on_member (callable, optional): called with the compressed size of each member that is done or skipped.
        stop (threading.Event, optional): when set, unpacking ends at the next piece.

    Returns:
        Unpacked: where it has no conflicts, every wanted file is complete on disk.

    Raises:
        UnpackError: if the archive is damaged, could write outside the folder, holds links or strange names, is
            encrypted, or is larger than allowed.
        OSError: if the disk refuses, or is too small.
    """
    archive, folder = Path(archive), Path(folder)
    try:
        with zipfile.ZipFile(archive) as file:
            members = [member for member in file.infolist() if not _check_member(member, archive)]
            _check_tree(members, archive)
            files = [member for member in members if not member.is_dir()]
            chosen = [member for member in files if wanted is None or wanted(member.filename)]
            _check_size(chosen, archive, max_bytes, max_ratio)
            folder.mkdir(parents=True, exist_ok=True)
            existing = _prepare_folders(chosen, folder)
            _check_space(chosen, existing, folder)
            written, kept, conflicts = 0, 0, []
            for member in files:
                if member in existing:
                    target = folder / member.filename
                    if not existing[member]:
                        _write(file, member, target, stop)
                        written += 1
                    elif _is_same(target, member, stop):
                        kept += 1
                    else:
                        conflicts.append(str(target))
                if on_member:
                    on_member(member.compress_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnpackError(f'{archive}: the archive is damaged ({error}). Delete it and fetch it again.') from error
    return Unpacked(written, kept, len(files) - len(chosen), conflicts)


def _check_member(member, archive):
    """Refuse what is no plain file or folder below the folder."""
    name, parts = member.orig_filename, member.orig_filename.removesuffix('/').split('/')
    kind = stat.S_IFMT(member.external_attr >> 16)
    if STRANGE.search(name) or any(part in ('', '.', '..') or part != part.rstrip(' .') for part in parts):
        fault = 'its name is no plain path below the folder'
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > name.endswith('/'):
        fault = 'it is a link or a device, not a file'
    elif member.flag_bits & 1:
        fault = 'it is encrypted'
    else:
        return
    raise UnpackError(f'{archive}: {name!r} is refused: {fault}. Nothing was unpacked. Fetch the archive from its '
                      'official place.')


def _check_tree(members, archive):
    """Every name once (in any case, as some systems see it), and none both file and folder."""
    folders, files = set(), Counter()
    for member in members:
        path = PurePosixPath(member.filename.casefold())
        folders.update(path.parents if not member.is_dir() else [path, *path.parents])
        files.update([path] * (not member.is_dir()))
    clashes = [path for path, count in files.items() if count > 1 or path in folders]
    if clashes:
        raise UnpackError(f'{archive}: {str(clashes[0])!r} occurs twice. Nothing was unpacked. Fetch the archive from '
                          'its official place.')


def _check_size(members, archive, max_bytes, max_ratio):
    """No bomb: neither one member nor members that share their compressed bytes."""
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise UnpackError(f'{archive}: the archive holds {total} bytes, more than {max_bytes}. Nothing was unpacked.')
    sizes = [(member.filename, member.file_size, member.compress_size) for member in members]
    for name, size, compressed in [('all files together', total, archive.stat().st_size), *sizes]:
        if size > max(SMALL, max_ratio * compressed):
            raise UnpackError(f'{archive}: {name}: {size} bytes out of {compressed}, no honest file shrinks that much. '
                              'Nothing was unpacked. Fetch the archive from its official place.')


def _prepare_folders(members, folder):
    """Make the folders, clear them of what killed runs left, and say of each member whether its file is there."""
    names_in = {}
    for member in members:
        parent, _, name = member.filename.rpartition('/')
        names_in.setdefault(parent, set()).add(name)
    there = {}
    for parent, ours in names_in.items():
        os.makedirs(folder / parent, exist_ok=True)
        there[parent] = set(os.listdir(folder / parent))
        remove_stale(folder / parent, there[parent], ours.__contains__)
    return {member: member.filename.rpartition('/')[2] in there[member.filename.rpartition('/')[0]]
            for member in members}


def _check_space(members, existing, folder):
    needed = sum(member.file_size for member in members if not existing[member])
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(f'{folder}: unpacking needs {needed / 1e9:.1f} GB, but {free / 1e9:.1f} GB are free')


def _write(file, member, target, stop):
    """One member, whole or not at all. ``zipfile`` compares length and checksum when the end is reached."""
    temporary = target.with_name(f'.{target.name}.{os.getpid()}.tmp')
    try:
        with file.open(member) as source, open(temporary, 'wb') as copy:
            for data in _pieces(source, stop):
                copy.write(data)
        if temporary.stat().st_size != member.file_size:
            raise zipfile.BadZipFile(f'{member.filename} is shorter than it should be')
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _is_same(target, member, stop):
    """Whether a file on disk has a member's size and checksum."""
    if not target.is_file() or target.stat().st_size != member.file_size:
        return False
    checksum = 0
    with open(target, 'rb') as file:
        for data in _pieces(file, stop):
            checksum = zlib.crc32(data, checksum)
    return checksum == member.CRC


def _pieces(file, stop):
    while data := file.read(CHUNK):
        if stop is not None and stop.is_set():
            raise InterruptedError('stopped while unpacking. Run it again to finish.')
        yield data
