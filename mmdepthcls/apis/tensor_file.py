"""The head of a safetensors file: which tensors lie where, and its metadata. Pure.

The format: eight bytes, the length N of the head; N bytes of JSON, tensor name -> dtype, shape and offsets, and texts
under ``__metadata__``; then the tensors. Nothing is believed: every size is compared with the file's before anything
of that size is allocated.
"""
from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

SUFFIX = '.safetensors'
ZIP = b'PK\x03\x04'  # how checkpoints begin; read as a length it would be 67 MB
METADATA = '__metadata__'
LARGEST_HEAD = 16 << 20
MOST_TENSORS = 20000
LONGEST_NAME = 300
MOST_DIMENSIONS = 8
LONGEST_NUMBER = 17  # digits
# Bytes of an element, by the format's names of types.
ITEM_SIZES = {'F64': 8, 'F32': 4, 'F16': 2, 'BF16': 2, 'I64': 8, 'I32': 4, 'I16': 2, 'I8': 1, 'U8': 1, 'BOOL': 1}


class ModelFileError(ValueError):
    """A file that is no model file, or a damaged or tampered one; the message names it."""


@dataclass(frozen=True)
class TensorEntry:
    """Where a tensor lies.

    Args:
        dtype: a key of :data:`ITEM_SIZES`.
        shape: of the tensor.
        start, end: bytes, from the end of the head.
    """
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class TensorHead:
    """What the head of a file says.

    Args:
        tensors: name -> where it lies.
        metadata: the texts.
        start: where the tensors begin in the file, bytes.
        size: of all of them, bytes.
    """
    tensors: dict[str, TensorEntry]
    metadata: dict[str, str]
    start: int
    size: int

    @property
    def num_elements(self) -> int:
        """Numbers in all tensors."""
        return sum(math.prod(entry.shape) for entry in self.tensors.values())


def read_head(file: BinaryIO, path: str | Path) -> TensorHead:
    """Read and check the head of an open file; the tensors are not read.

    Args:
        file: at its beginning.
        path: of the file, for messages.

    Raises:
        ModelFileError: names the file and what is wrong.
    """
    total = os.fstat(file.fileno()).st_size
    beginning = file.read(8)
    if len(beginning) < 8:
        raise ModelFileError(f'{path} is no model file: it has {total} bytes')
    if beginning.startswith(ZIP):
        raise ModelFileError(f'{path} is no model file, but a checkpoint. mmdepthcls publish makes a model file of it '
                             'and its config; predict also takes them as they are: --config and --checkpoint')
    length, = struct.unpack('<Q', beginning)
    if length > total - 8 or length < 2:
        raise ModelFileError(f'{path} is no model file, or truncated: its first 8 bytes say that a head of {length} '
                             f'bytes follows, and the file has {total}')
    if length > LARGEST_HEAD:
        raise ModelFileError(f'{path}: a head of {length} bytes; those of model files have at most {LARGEST_HEAD}')
    try:
        text = file.read(length).decode('utf-8')
    except UnicodeDecodeError as error:
        raise ModelFileError(f'{path} is no model file, or damaged: its head is no text in UTF-8') from error
    content = strict_json(text, f'{path}: its head')
    if not isinstance(content, dict):
        raise ModelFileError(f'{path}: its head is no JSON object')
    metadata = content.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ModelFileError(f'{path}: {METADATA} in its head is no object of texts')
    if not 0 < len(content) <= MOST_TENSORS:
        raise ModelFileError(f'{path}: {len(content)} tensors, expected 1 to {MOST_TENSORS}')
    tensors = {name: _entry(name, entry, path) for name, entry in content.items()}
    size = _check_tiling(tensors, path)
    if size != total - 8 - length:
        raise ModelFileError(f'{path} is {"truncated" if size > total - 8 - length else "too long"}: its tensors need '
                             f'{size} bytes, and {total - 8 - length} are there. Copy it again')
    return TensorHead(tensors, metadata, 8 + length, size)


def _entry(name, entry, path):
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ModelFileError(f'{path}: a tensor has a name of {len(name)} characters, or of characters that are none')
    if not isinstance(entry, dict) or entry.keys() != {'dtype', 'shape', 'data_offsets'}:
        raise ModelFileError(f'{path}: tensor {name}: expected dtype, shape and data_offsets')
    dtype, shape, offsets = entry['dtype'], entry['shape'], entry['data_offsets']
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise ModelFileError(f'{path}: tensor {name} is of {str(dtype)[:40]!r}, expected one of '
                             f'{", ".join(ITEM_SIZES)}')
    if not _are_sizes(shape, MOST_DIMENSIONS) or not _are_sizes(offsets, 2) or len(offsets) != 2:
        raise ModelFileError(f'{path}: tensor {name}: its shape or its place are no sizes')
    start, end = offsets
    if math.prod(shape) * ITEM_SIZES[dtype] != end - start:
        raise ModelFileError(f'{path}: tensor {name} of shape {shape} and type {dtype} needs '
                             f'{math.prod(shape) * ITEM_SIZES[dtype]} bytes, and has {end - start}')
    return TensorEntry(dtype, tuple(shape), start, end)


def _are_sizes(values: Any, most: int) -> bool:
    return isinstance(values, list) and len(values) <= most and all(
        type(value) is int and value >= 0 for value in values)


def _check_tiling(tensors, path):
    """Tensors follow each other without a gap, and none lies in another; bytes of all."""
    at = 0
    for name, entry in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if entry.start != at:
            raise ModelFileError(f'{path}: tensor {name} begins at byte {entry.start}, expected {at}')
        at = entry.end
    return at


def strict_json(text: str, what: str) -> Any:
    """Parse JSON that others wrote: no key twice, no NaN, no number that is larger than any size.

    Args:
        text: the JSON.
        what: it is, for messages.

    Raises:
        ModelFileError: says what is wrong.
    """
    def pairs(items: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key, value in items:
            if key in content:
                raise ValueError(f'the key {key[:40]!r} stands there twice')
            content[key] = value
        return content

    def integer(digits: str) -> int:
        if len(digits) > LONGEST_NUMBER:
            raise ValueError(f'a number of {len(digits)} digits')
        return int(digits)

    def real(digits: str) -> float:
        value = float(digits) if len(digits) < 64 else math.inf
        if not math.isfinite(value):
            raise ValueError(f'a number that is none: {digits[:40]}')
        return value

    def constant(name: str) -> None:
        raise ValueError(f'{name}, which JSON does not know')

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_int=integer, parse_float=real, parse_constant=constant)
    except RecursionError as error:
        raise ModelFileError(f'{what} is nested too deep') from error
    except ValueError as error:
        raise ModelFileError(f'{what} is damaged, or no model file: {error}') from error
