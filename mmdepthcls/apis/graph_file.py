"""The descriptions in ONNX and OpenVINO files, read before any program for such files sees them. Pure.

An ONNX file may name other files that hold its weights, by any path. Those of ``mmdepthcls export`` hold all
themselves, and any other is refused.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from .exported_description import ExportedDescription, exported_description_of
from .model_description import KEY
from .tensor_file import ModelFileError

ONNX, OPENVINO = '.onnx', '.xml'
SUFFIXES = (ONNX, OPENVINO)
LARGEST_XML = 256 << 20
DEEPEST = 32
MOST_FIELDS = 1 << 22
# Of the messages of onnx.proto: field -> the message that it holds.
_MESSAGES = {
    'Model': {7: 'Graph', 14: 'Entry', 20: 'Training', 25: 'Function'},
    'Training': {1: 'Graph', 2: 'Graph'},
    'Function': {7: 'Node', 11: 'Attribute'},
    'Graph': {1: 'Node', 5: 'Tensor', 15: 'Sparse'},
    'Node': {5: 'Attribute'},
    'Attribute': {5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'Sparse', 23: 'Sparse'},
    'Sparse': {1: 'Tensor', 2: 'Tensor'},
    'Tensor': {}, 'Entry': {}}
# Of a tensor: names of another file, and where its values are (1: in that file).
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_RT_INFO = re.compile(rf'<{KEY} value="([^"<>]*)" */>')


def read_exported_description(path: str | Path) -> ExportedDescription:
    """What an exported file says of itself; nothing is built, and no other file is opened.

    Args:
        path: ``.onnx`` or ``.xml`` of ``mmdepthcls export``.

    Raises:
        ModelFileError: if it is none, or names files beside itself; says what is wrong.
        OSError: if it cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() == OPENVINO:
        return exported_description_of(_text_of_xml(path), path)
    return exported_description_of(_text_of_onnx(path.read_bytes(), path), path)


def _text_of_xml(path):
    if path.stat().st_size > LARGEST_XML:
        raise ModelFileError(f'{path} is no exported file: {path.stat().st_size} bytes of XML')
    try:
        text = path.read_text('utf-8')
    except UnicodeDecodeError as error:
        raise ModelFileError(f'{path} is no OpenVINO file: it is no text in UTF-8') from error
    if '<net ' not in text or '</net>' not in text:
        raise ModelFileError(f'{path} is no OpenVINO file, or is truncated')
    if '<!' in text:
        raise ModelFileError(f'{path} declares types or entities, which no OpenVINO file does')
    weights = path.with_suffix('.bin')
    if not weights.is_file():
        raise ModelFileError(f'{path}: its weights, {weights.name}, are not beside it. Copy both files')
    found = _RT_INFO.findall(text)
    if len(found) > 1:
        raise ModelFileError(f'{path} has {len(found)} descriptions')
    return unescape(found[0]) if found else None


def _text_of_onnx(content, path):
    found: list[str] = []
    counter = [0]  # fields
    try:
        _walk(memoryview(content), 'Model', found, counter, 0)
    except (IndexError, UnicodeDecodeError, _Damaged) as error:
        raise ModelFileError(f'{path} is no ONNX file, or is damaged or truncated') from error
    except _External as error:
        raise ModelFileError(f'{path}: its weights lie in another file ({error}). Files of mmdepthcls export hold all '
                             'themselves; others are not read') from error
    if len(found) > 1:
        raise ModelFileError(f'{path} has {len(found)} descriptions')
    return found[0] if found else None


class _Damaged(Exception):
    pass


class _External(Exception):
    pass


def _walk(content, kind, found, counter, depth):
    """Look at a message and all in it."""
    if depth > DEEPEST:
        raise _Damaged
    entry = {}
    for number, value in _fields(content, counter):
        inner = _MESSAGES[kind].get(number)
        if inner is not None:
            if isinstance(value, int):
                raise _Damaged
            _walk(value, inner, found, counter, depth + 1)
        elif kind == 'Tensor' and (number == _EXTERNAL_DATA or number == _DATA_LOCATION and value != 0):
            raise _External(_printable(bytes(value)) if number == _EXTERNAL_DATA and not isinstance(value, int) else '')
        elif kind == 'Entry' and number in (1, 2):
            entry[number] = bytes(value) if not isinstance(value, int) else b''
    if kind == 'Entry' and entry.get(1) == KEY.encode():
        found.append(entry.get(2, b'').decode('utf-8'))


def _fields(content: memoryview, counter: list[int]) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message of protocol buffers."""
    at, end = 0, len(content)
    while at < end:
        counter[0] += 1
        if counter[0] > MOST_FIELDS:
            raise _Damaged
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, value
        elif wire in (1, 2, 5):
            length, at = _varint(content, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            if at + length > end:
                raise _Damaged
            yield number, content[at:at + length]
            at += length
        else:
            raise _Damaged


def _varint(content, at):
    value = 0
    for shift in range(0, 70, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if not byte & 0x80:
            return value, at
    raise _Damaged


def _printable(content):
    return ''.join(letter for letter in content.decode('utf-8', 'replace') if letter.isprintable())[:80]
