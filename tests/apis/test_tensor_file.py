"""Heads of safetensors files: what the library writes is read as the library reads it, and nothing else is."""
import json
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save, save_file

from mmdepthcls.apis.tensor_file import LARGEST_HEAD, ModelFileError, read_head, strict_json

NAMES = st.text(st.characters(codec='utf-8', categories=('L', 'N', 'P')), min_size=1, max_size=20).filter(
    lambda name: name != '__metadata__')
ARRAYS = hnp.arrays(st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_]),
                    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))


def write(path, head, size=0):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    path.write_bytes(struct.pack('<Q', len(head)) + head + bytes(size))
    return path


def read(path):
    with open(path, 'rb') as file:
        return read_head(file, path)


def entry(start=0, end=8, **changes):
    return dict(dict(dtype='F32', shape=[2], data_offsets=[start, end]), **changes)


@settings(max_examples=30)
@given(tensors=st.dictionaries(NAMES, ARRAYS, min_size=1, max_size=5), note=st.text(max_size=20))
def test_what_the_library_writes_is_read(tensors, note, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / 'any.safetensors'
    save_file(tensors, path, dict(note=note))
    head, content = read(path), path.read_bytes()
    assert head.metadata == dict(note=note) and head.start + head.size == len(content)
    assert head.num_elements == sum(array.size for array in tensors.values())
    for name, view in deserialize(content):
        got = head.tensors[name]
        assert (got.dtype, list(got.shape)) == (view['dtype'], view['shape'])
        assert content[head.start + got.start:head.start + got.end] == bytes(view['data'])


WRONG = {
    'nothing': (b'', 'its first 8 bytes say'),
    'no JSON': (b'hello {', 'damaged, or no model file'),
    'no text': (b'\xff\xfe{}', 'no text in UTF-8'),
    'a list': ([1], 'no JSON object'),
    'no tensor': ({}, '0 tensors'),
    'a tensor twice': (b'{"a":%b,"a":%b}' % ((json.dumps(entry()).encode(), ) * 2), "the key 'a' stands there twice"),
    'a key twice, deep': (b'{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}', 'there twice'),
    'NaN': (b'{"a":NaN}', 'NaN, which JSON does not know'),
    'a long number': (b'{"a":' + b'9' * 5000 + b'}', 'a number of 5000 digits'),
    'an infinite number': (b'{"a":1e999}', 'a number that is none'),
    'nesting': (b'{"a":' + b'[' * 100000 + b']' * 100000 + b'}', 'nested too deep'),
    'metadata that are no texts': (dict(__metadata__=dict(a=1), a=entry()), 'no object of texts'),
    'an entry that is none': (dict(a=[1]), 'expected dtype, shape and data_offsets'),
    'another key': (dict(a=entry(more=1)), 'expected dtype, shape and data_offsets'),
    'a type': (dict(a=entry(dtype='O')), "is of 'O'"),
    'a type that is none': (dict(a=entry(dtype=['F32'])), 'expected one of F64'),
    'a negative size': (dict(a=entry(shape=[-2])), 'no sizes'),
    'a fraction': (dict(a=entry(shape=[2.0])), 'no sizes'),
    'a truth': (dict(a=entry(shape=[True, 2])), 'no sizes'),
    'dimensions': (dict(a=entry(shape=[1] * 40 + [2])), 'no sizes'),
    'one offset': (dict(a=entry(data_offsets=[0])), 'no sizes'),
    'a size that is too large': (dict(a=entry(shape=[1 << 40])), 'needs 4398046511104 bytes, and has 8'),
    'a gap': (dict(a=entry(4, 12)), 'begins at byte 4, expected 0'),
    'two in one place': (dict(a=entry(), b=entry()), 'begins at byte 0, expected 8'),
    'more bytes than there are': (dict(a=entry(), b=entry(8, 16)), 'is truncated: its tensors need 16 bytes, and 8'),
    'fewer': (dict(a=entry(0, 4, shape=[1])), 'is too long'),
    'a name for a terminal': ({'a\x1b[2J': entry()}, 'characters that are none'),
    'a long name': ({'a' * 5000: entry()}, 'a name of 5000 characters'),
}


@pytest.mark.parametrize('what', WRONG)
def test_what_is_wrong_is_said_quickly(what, tmp_path):
    head, words = WRONG[what]
    path = write(tmp_path / 'a.safetensors', head, 8)
    start = time.process_time()
    with pytest.raises(ModelFileError, match=words) as error:
        read(path)
    assert str(path) in str(error.value) and len(str(error.value)) < 600
    assert time.process_time() - start < 2


def test_a_head_of_any_length_is_not_read(tmp_path):
    path = tmp_path / 'a.safetensors'
    for length, size in ((1 << 31, 100), ((1 << 64) - 1, 100), (LARGEST_HEAD + 1, LARGEST_HEAD + 100)):
        with open(path, 'wb') as file:
            file.write(struct.pack('<Q', length))
            file.truncate(size)
        with pytest.raises(ModelFileError, match='bytes'):
            read(path)


@given(data=st.data())
def test_what_is_accepted_the_library_accepts(data, tmp_path_factory):
    """Bytes of a file changed at random: refused, or read as the library reads it."""
    path = tmp_path_factory.getbasetemp() / 'changed.safetensors'
    content = bytearray(save(dict(a=np.arange(3, dtype=np.float32), b=np.ones((2, 2)))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        head = read(path)
    except ModelFileError:
        return
    try:
        views = dict(deserialize(bytes(content)))
    except SafetensorError:
        return  # stricter still
    assert {name: (each.dtype, list(each.shape)) for name, each in head.tensors.items()} == {
        name: (view['dtype'], view['shape']) for name, view in views.items()}


def test_json_is_what_json_is():
    assert strict_json('{"a": [1, 2.5, null, true, "x"]}', 'a text') == dict(a=[1, 2.5, None, True, 'x'])
