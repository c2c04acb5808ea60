import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.json_text import json_text

numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
contents = st.recursive(numbers, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def refuse(name):
    raise AssertionError(f'{name} is not JSON')


def same(content, read):
    """Whether what was read is the content, with null for what is no finite number."""
    if isinstance(content, dict):
        return content.keys() == read.keys() and all(same(content[key], read[key]) for key in content)
    if isinstance(content, list):
        return len(content) == len(read) and all(map(same, content, read))
    if isinstance(content, float) and not math.isfinite(content):
        return read is None
    return type(content) is type(read) and content == read


@given(contents, st.sampled_from([None, 1, 2]))
def test_what_is_read_back_is_what_was_written_and_nan_is_null(content, indent):
    text = json_text(content, indent)
    assert same(content, json.loads(text, parse_constant=refuse)) and text.endswith('\n')


def test_numbers_and_arrays_of_numpy():
    content = dict(a=np.float32(0.5), b=np.array([[1.0, np.nan]]), c=(np.int64(3), np.bool_(True), -np.inf))
    assert json.loads(json_text(content), parse_constant=refuse) == dict(a=0.5, b=[[1.0, None]], c=[3, True, None])
