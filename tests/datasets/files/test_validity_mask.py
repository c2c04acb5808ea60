"""Depth with a mask beside it, as in DIODE."""
import numpy as np
import pytest

from mmdepthcls.datasets.depth_file import DepthFileError, DepthFormat, probe_depth, read_depth

MASKED = DepthFormat(mask='_mask')
DEPTH = np.random.default_rng(0).uniform(1, 50, (4, 6, 1)).astype(np.float32)
VALID = np.random.default_rng(1).random((4, 6)) < 0.5


@pytest.fixture
def depth_file(tmp_path):
    np.save(tmp_path / 'a_depth.npy', DEPTH)
    return tmp_path / 'a_depth.npy'


def read(path, depth_format=MASKED):
    return read_depth(path.read_bytes(), str(path), depth_format)


@pytest.mark.parametrize('mask', [VALID, VALID.astype(np.float64), VALID.astype(np.uint8)[..., None], VALID * 255],
                         ids=['bool', 'float', 'with an axis of 1', '255'])
def test_what_the_mask_says_is_not_measured(mask, depth_file):
    np.save(depth_file.with_name('a_depth_mask.npy'), mask)
    np.testing.assert_array_equal(read(depth_file), np.where(VALID, DEPTH[..., 0], 0))
    assert probe_depth(str(depth_file), MASKED) == (4, 6)


def test_a_picture_as_mask(depth_file, builders):
    builders.write(depth_file.with_name('a_depth_mask.png'), (VALID * 255).astype(np.uint8))
    np.testing.assert_array_equal(read(depth_file), np.where(VALID, DEPTH[..., 0], 0))


def test_mistakes(depth_file):
    with pytest.raises(DepthFileError, match=r'a_depth.npy: its mask .*a_depth_mask.npy does not exist'):
        probe_depth(str(depth_file), MASKED)
    mask = depth_file.with_name('a_depth_mask.npy')
    np.save(mask, VALID[:3])
    with pytest.raises(DepthFileError, match=r'a_depth_mask.npy: expected a mask of 4 x 6 numbers.* bool of shape'):
        read(depth_file)
    np.save(mask, np.array([None] * 24).reshape(4, 6), allow_pickle=True)
    with pytest.raises(DepthFileError, match='a_depth_mask.npy: the mask of .* is damaged'):
        read(depth_file)
    for wrong in ('', 'a/b', 3):
        with pytest.raises(ValueError, match="mask must be a part of a file's name"):
            DepthFormat(mask=wrong)
