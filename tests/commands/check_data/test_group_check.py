"""Statistics across samples, against constructed values."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.check_data.alignment import measure_alignment
from mmdepthcls.commands.check_data.depth_map import describe
from mmdepthcls.commands.check_data.group_check import Group, check_group
from mmdepthcls.commands.check_data.outliers import far_from_rest
from mmdepthcls.commands.check_data.sample_check import SampleRecord
from mmdepthcls.datasets.depth_file import DepthFormat


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=30))
def test_values_within_the_allowed_distance_are_never_far(values):
    assert not far_from_rest(values, 2.0).any()


@given(st.lists(st.floats(0, 0.4), min_size=4, max_size=30), st.sampled_from([-100.0, 100.0]))
def test_one_far_value_is_found_with_its_sign(values, outlier):
    far = far_from_rest([*values, outlier], 0.5)
    assert np.flatnonzero(far).tolist() == [len(values)] and np.sign(far[-1]) == np.sign(outlier)


def test_nan_is_not_far_and_does_not_hide_others():
    assert np.flatnonzero(far_from_rest([1, 1, 1, np.nan, 9], 1)).tolist() == [4]


def street(scale=1.0, shape=(64, 128)):
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    depth = np.where(rows > 32, 0.96 * shape[1] / np.maximum(rows - 30, 1), 0) * np.ones(shape, np.float32)
    return (depth * scale).astype(np.float32)


@pytest.mark.parametrize('scale, stored, proposed', [
    (1000.0, 256.0, 'scale=256000.0) (median'), (100.0, 1.0, 'scale=100.0) (centimetres'),
    (3.9, 256.0, 'scale=1000.0) (millimetres'), (1000.0, 1.0, 'scale=1000.0) (millimetres'),
    (3e6, 256.0, 'No usual unit'), (1.0, 256.0, None)])
def test_the_unit_of_a_whole_set_is_guessed(scale, stored, proposed):
    records = [SampleRecord(f'{i}.png', f'd{i}.png', depth=describe(street(scale))) for i in range(4)]
    found = [f for f in check_group(Group('set', records, DepthFormat(scale=stored))) if f.kind == 'unit']
    assert (proposed in found[0].remedy) if proposed else not found


def test_alignment_finds_how_far_depth_was_moved(scenes, files):
    image = files.read(scenes / 'image/train/000003.png')
    depth = files.read(scenes / 'depth/train/000003.png') / np.float32(256)
    fit, moved = measure_alignment(image, depth), measure_alignment(image, np.roll(depth, 20, axis=1))
    assert fit.score > 4 > 2 > moved.score and abs(moved.move[0] - 20) <= 2 and abs(moved.move[1]) <= 1


def test_a_flat_wall_cannot_be_aligned():
    assert measure_alignment(np.zeros((64, 160, 3), np.uint8), np.full((64, 160), 5, np.float32)) is None
