"""Depth of 8 bits is found however it was stretched, and clean rendered depth of few values is none."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.check_data.coarse_depth import check_steps, grid_of_picture


def street(seed, far=80.0):
    """Depth of a ground plane with boxes on it, m, with as many values as pixels."""
    rng = np.random.default_rng(seed)
    depth = 1.5 * 100 / np.linspace(2, 60, 96)[:, None] * np.ones(128)
    for _ in range(6):
        row, column = rng.integers(0, 80), rng.integers(0, 100)
        depth[row:row + 20, column:column + 20] = rng.uniform(3, far)
    return np.clip(depth * rng.normal(1, 0.01, depth.shape), 1, far)


def level_room(seed, unit, dtype=np.uint16):
    """A room with boxes before a level camera: one depth a row of floor and ceiling, one a box."""
    rng = np.random.default_rng(seed)
    rows = np.arange(240) - 119.5
    eye, focal, far = rng.uniform(1, 1.7), rng.uniform(200, 300), rng.uniform(5, 8)
    depth = np.minimum(np.where(rows > 0, eye, 2.6 - eye) * focal / np.abs(rows), far)[:, None] * np.ones(320)
    for near in rng.uniform(1.2, 4, 6):
        column, top = rng.integers(0, 280), rng.integers(60, 150)
        box = depth[top:top + 60, column:column + 40]
        box[box > near] = near
    depth *= unit
    return np.rint(depth).astype(dtype) if np.dtype(dtype).kind == 'u' else depth.astype(dtype)


def kinds(values):
    found = check_steps(np.unique(values[values > 0]), int((values > 0).sum()), 'a.png')
    return [(finding.level, finding.kind) for finding in found]


EIGHT_BITS = [('error', '8-bit depth saved as 16-bit')]
STRETCHED = {
    'x257': lambda k: k * 257, 'x256': lambda k: k * 256, 'x100': lambda k: k * 100, 'whole metres': lambda k: k,
    'to 80 m * 256, rounded': lambda k: np.rint(k * (80 * 256 / 255)),
    'to 80 m * 256, cut': lambda k: np.floor(k * (80 * 256 / 255)),
    'to 10 m in mm': lambda k: np.rint(k * (10_000 / 255)), 'to 7.3 m in mm, from 0.4 m': lambda k: np.rint(
        400 + k * (6900 / 255)), 'x256 and 128': lambda k: k * 256 + 128}


@pytest.mark.parametrize('stretch', STRETCHED.values(), ids=STRETCHED)
@pytest.mark.parametrize('far', [80.0, 30.0])
def test_eight_bits_are_found_however_they_were_stretched(stretch, far):
    picture = np.rint(street(1, far) / 80 * 255)
    assert kinds(stretch(picture).astype(np.uint16)) == EIGHT_BITS


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_eight_bits_are_found_in_floats(dtype):
    picture = np.rint(street(2) / 80 * 255).astype(np.uint8)
    assert kinds((picture / np.float32(255) * np.float32(80)).astype(dtype)) == EIGHT_BITS


@given(st.integers(0, 2**32 - 1), st.sampled_from([(1000, np.uint16), (256, np.uint16), (100, np.uint16),
                                                   (5000, np.uint16), (1, np.float32), (1, np.float16)]))
def test_one_depth_a_row_is_no_picture(seed, stored):
    values = level_room(seed, *stored)
    assert np.unique(values).size <= 256
    assert kinds(values) == [('warning', 'few different depths')]


def test_the_warning_names_what_is_so_and_what_to_do():
    values = level_room(0, 1000)
    (finding, ) = check_steps(np.unique(values), values.size, 'a.png')
    assert 'a level camera' in finding.remedy and '--strict' in finding.remedy


def test_the_step_of_a_picture_is_told():
    picture = np.unique(np.rint(street(3) / 80 * 255))
    assert grid_of_picture((picture * 100).astype(np.uint16)) == 100
    assert grid_of_picture(np.rint(picture * 30.3).astype(np.uint16)) == pytest.approx(30.3, abs=0.01)


def test_many_values_and_few_pixels_say_nothing():
    assert not kinds(np.rint(street(4) * 256).astype(np.uint16))
    assert not kinds(np.array([1000, 2000, 3000], np.uint16))
    assert kinds(np.rint(street(4) * 256).astype(np.uint16) // 8 * 8) == [('warning', 'coarse depth')]
