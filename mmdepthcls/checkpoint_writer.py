"""Checkpoints that are on disk whole or not at all, and hold numbers alone. Pure."""
import errno
import os
import re
import shutil
import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from .atomic_file import replace_durably, temporary_path
from .count_text import some_of

POINTER = 'last_checkpoint'  # file of a work folder that names its newest checkpoint
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CHUNK = 1 << 22  # bytes
# The end of a checkpoint, an archive: the CRC-32 of all of it but this, and without a comment.
SEAL, NO_COMMENT = b'mmdepthcls crc32 %08x', b'\0\0'
_SEAL = re.compile(SEAL.replace(b'%08x', rb'([0-9a-f]{8})'))
WEIGHTS = ('state_dict', 'ema_state_dict')
_infinite: ContextVar[frozenset] = ContextVar('names of buffers that may be infinite', default=frozenset())


class FullDiskError(Exception):
    """A checkpoint that found no room; the message says how many bytes are needed and free."""


class NonFiniteError(FloatingPointError):
    """Weights or buffers that are NaN or infinite; the message names them."""


class BrokenWriteError(Exception):
    """What was read back is not what was written."""


def write_checkpoint(checkpoint, path):
    """Write a checkpoint with ``torch.save`` in one step: whoever reads it, and whatever stops the writing, sees the
    file that was there before or the new one, which is complete, finite and on the disk.

    Args:
        checkpoint (dict): with ``state_dict`` (and ``ema_state_dict``), or weights alone.
        path (str | Path): the file; its folder is made.

    Raises:
        NonFiniteError: if a weight or buffer is NaN or infinite; nothing is written.
        FullDiskError: if the disk or a quota is full.
        BrokenWriteError: if the file cannot be read back as it was written.
        OSError: of other kinds, from the system.
    """
    path = Path(path)
    check_finite(checkpoint, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    try:
        _write(checkpoint, temporary)
        replace_durably(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno not in FULL:
            raise
        raise full_disk(path, size_of(checkpoint)) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def full_disk(path, needed):
    """FullDiskError: that says what a file needs.

    Args:
        path (Path): of the file that could not be written.
        needed (int): bytes.
    """
    free = shutil.disk_usage(path.parent).free
    quota = ', and a quota or limit of yours ends before that' if free > needed else ''
    return FullDiskError(f'{path} could not be saved, the disk is full: it needs {needed / 1e6:.1f} MB, and '
                         f'{free / 1e6:.1f} MB are free in {path.parent}{quota}. What was saved before stays')


def check_finite(checkpoint, path):
    """Refuse what no training can go on from.

    Args:
        checkpoint (dict): as for :func:`write_checkpoint`.
        path (str | Path): where it would be written, for the message.

    Raises:
        NonFiniteError: names weights and buffers that are NaN or infinite; but for buffers that :func:`allowing`
            names, which may be infinite.
    """
    wrong = []
    for part in [checkpoint[key] for key in WEIGHTS if isinstance(checkpoint.get(key), dict)] or [checkpoint]:
        wrong += [name for name in not_finite(part) if name not in _infinite.get() or part[name].isnan().any()]
    if wrong:
        raise NonFiniteError(f'{path} is not written: {len(wrong)} of its weights and buffers hold NaN or infinite '
                             f'numbers ({some_of(wrong)}). What was saved before stays. Go on from there with a lower '
                             'learning rate or clipped gradients')


@contextmanager
def allowing(names):
    """Let some buffers be infinite, as those of the model were before it was trained.

    Args:
        names (frozenset[str]): in the ``state_dict``.
    """
    token = _infinite.set(names)
    try:
        yield
    finally:
        _infinite.reset(token)


def not_finite(weights):
    """list[str]: names of the tensors of a ``state_dict`` that hold a NaN or an infinite number."""
    import torch
    return [name for name, value in weights.items() if isinstance(value, torch.Tensor) and not _is_finite(value)]


def size_of(content):
    """int: bytes of the tensors in dicts, lists and tuples, shared ones once."""
    import torch
    sizes, waiting, seen = {}, [content], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, torch.Tensor):
            if each.layout is torch.strided:
                storage = each.untyped_storage()
                sizes[storage._cdata] = storage.nbytes()
        elif isinstance(each, (dict, list, tuple)) and id(each) not in seen:
            seen.add(id(each))
            waiting += each.values() if isinstance(each, dict) else each
    return sum(sizes.values())


def _is_finite(tensor):
    import torch
    if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.is_meta:
        return True
    tensor = tensor.detach()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.element_size() == 1:  # of 8 bits, which torch computes nothing with
        tensor = tensor.float()
    # One pass without a mask; the sum of many large numbers is the rare case that is looked at twice.
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


def _write(checkpoint, path):
    import torch
    with open(path, 'wb', CHUNK) as file:
        summed = _SummedFile(file)
        try:
            torch.save(checkpoint, summed)
        except Exception:
            if summed.error is not None:  # torch says less than the system has said
                raise summed.error from None
            raise
        file.flush()
        size = _seal(file, summed)
        os.fsync(file.fileno())
    if path.stat().st_size != size or seal_of(path) != (summed.total, summed.total):
        raise BrokenWriteError(f'{path.parent}: the {size} bytes that were written could not be read back as they '
                               'were: the disk or its file system is not to be trusted')


def _seal(file, summed):
    """int: bytes of a file, at the end of which its check sum has been written.

    An archive may end with a comment, which readers pass over; the number of its bytes comes before it.
    """
    seal = SEAL % summed.total
    file.seek(-len(NO_COMMENT), os.SEEK_END)
    file.write(len(seal).to_bytes(2, 'little') + seal)
    file.flush()
    return summed.size + len(seal)


def seal_of(path):
    """tuple[int, int] or None: the check sum that a checkpoint's file ends with, and the one that it has; None for a
    file of another program."""
    with open(path, 'rb', 0) as file:
        length = len(SEAL % 0)
        left = file.seek(0, os.SEEK_END) - length - len(NO_COMMENT)
        file.seek(max(left, 0))
        end = _SEAL.fullmatch(file.read()[len(NO_COMMENT):])
        if left < 0 or end is None:
            return None
        file.seek(0)
        total = 0
        while left:
            content = file.read(min(CHUNK, left))
            if not content:
                break
            total, left = zlib.crc32(content, total), left - len(content)
        return int(end[1], 16), zlib.crc32(NO_COMMENT, total)


class _SummedFile:
    """A file that is written from its begin to its end, and the sum of what was written."""

    def __init__(self, file):
        self._file, self.total, self.size, self.error = file, 0, 0, None

    def write(self, content):
        """Write all of some bytes."""
        try:
            self._file.write(content)
        except OSError as error:
            self.error = error
            raise
        self.total = zlib.crc32(content, self.total)
        self.size += len(content)
        return len(content)

    def flush(self):
        """See :class:`io.IOBase`."""
        self._file.flush()
