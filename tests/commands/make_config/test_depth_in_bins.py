"""Depth that lies beyond the bins is refused with the option that mends it, and other depth is let be."""
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.make_config.depth_in_bins import check_range, first_values


def room(unit, dtype=np.float32):
    depth = np.random.default_rng(0).uniform(1.2, 7, (24, 32)) * unit
    return depth.astype(dtype)


def told(values, limits, scale=None):
    """What is said, and whether it is refused."""
    try:
        return check_range({'first.npy': values}, limits, scale), False
    except ValueError as error:
        return str(error), True


def test_centimetres_are_told_with_what_is_read_the_bins_and_the_option():
    text, refused = told(room(100), (0.5, 10.0))
    assert refused
    assert re.match(r'100% of the valid pixels of 1 depth map \(the first is first.npy\) lie outside of the bins, '
                    r'which are from 0.5 to 10 m: they are read as 12\d to 69\d m \(/ 1, as no --depth-scale is '
                    r'given\). Give --depth-scale 100 \(centimetres: 1.2\d to 6.9\d m\)', text), text
    assert text.endswith('--min-depth and --max-depth')


@pytest.mark.parametrize('unit, dtype, limits, scale, first', [
    (1000, np.uint16, (0.5, 4.0), None, 'Give --depth-scale 1000 (millimetres'),
    (1000, np.uint16, (1.0, 80.0), 5.0, 'm) or --depth-scale 100 (centimetres'),
    (1000, np.uint16, (0.5, 10.0), 100.0, '(--depth-scale 100). Give --depth-scale 1000 (millimetres'),
    (1, np.float32, (0.5, 10.0), 1000.0, 'Give --depth-scale 1 (metres'),
    (1, np.float32, (2000.0, 8000.0), None, 'Give the --depth-scale; or if that is right, bins')])
def test_the_likely_option_is_named_also_where_one_was_given(unit, dtype, limits, scale, first):
    text, refused = told(room(unit, dtype), limits, scale)
    assert first in text
    # What is nearer than the first edge is of the first bin, and can be learned.
    assert refused == (np.median(room(unit, dtype)) / (scale or (256 if dtype == np.uint16 else 1)) > limits[1])


@given(st.floats(0, 1))
def test_it_is_refused_from_95_percent_on(share):
    values = np.full(1000, 20.0, np.float32)
    values[:round(share * 1000)] = 5
    inside = {'a.npy': np.concatenate([values, np.zeros(500, np.float32)])[:, None]}  # 0: no measurement
    if round(share * 1000) < 50:
        with pytest.raises(ValueError, match='outside of the bins'):
            check_range(inside, (1.0, 10.0))
    else:
        check_range(inside, (1.0, 10.0))


def test_a_few_maps_of_all_are_read_and_others_left_to_the_datasets(tmp_path):
    paths = [str(tmp_path / f'{index:02d}.npy') for index in range(20)]
    for path in paths[1:]:
        np.save(path, room(1))
    values = first_values(paths)
    assert list(values) == [paths[index] for index in (4, 9, 14, 19)]
    assert not first_values([]) and not first_values(paths[:1])
    check_range({}, (1.0, 80.0))
    check_range({'a.npy': np.zeros((2, 2), np.uint16)}, (1.0, 80.0))
