"""Color augmentation."""
import numpy as np
import pytest

from mmdepthcls.datasets.transforms import RandomColorGain


def image_of_all_values():
    return np.stack([np.arange(256, dtype=np.uint8).reshape(16, 16)] * 3, axis=-1)


def test_each_channel_is_multiplied_by_its_own_gain():
    np.random.seed(0)
    image = image_of_all_values()
    results = RandomColorGain((0.8, 1.2))(dict(img=image.copy()))
    gains = results['img'][9, 9] / image[9, 9]  # the value 153
    assert len({round(gain, 3) for gain in gains}) == 3
    np.random.seed(0)
    exact = np.random.uniform(0.8, 1.2, 3)
    np.testing.assert_array_equal(results['img'], np.clip(np.rint(image * exact), 0, 255).astype(np.uint8))


def test_one_gain_for_all_channels():
    result = RandomColorGain(per_channel=False)(dict(img=image_of_all_values()))['img']
    assert (result == result[..., :1]).all()


def test_floating_point_images_are_not_rounded():
    result = RandomColorGain((1.1, 1.1))(dict(img=image_of_all_values().astype(np.float32)))['img']
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, image_of_all_values() * 1.1, rtol=1e-6)


def test_gray_images():
    assert RandomColorGain((2, 2))(dict(img=np.full((3, 4), 50, np.uint8)))['img'].tolist() == [[100] * 4] * 3


def test_gains_are_drawn_from_the_range():
    np.random.seed(0)
    transform = RandomColorGain((0.8, 1.2))
    values = [transform(dict(img=np.full((1, 1, 3), 200, np.uint8)))['img'][0, 0, 0] for _ in range(300)]
    assert 160 <= min(values) < 163 and 237 < max(values) <= 240
    assert repr(transform) == 'RandomColorGain(gain_range=(0.8, 1.2), per_channel=True)'


def test_depth_is_left_alone():
    depth = np.ones((2, 2), np.float32)
    results = RandomColorGain((2, 2))(dict(img=np.ones((2, 2, 3), np.uint8), gt_depth_map=depth))
    assert results['gt_depth_map'] is depth and (depth == 1).all()


@pytest.mark.parametrize('gain_range', [(-0.1, 1), (1.2, 0.8), (0, float('inf'))])
def test_ranges_without_sense(gain_range):
    with pytest.raises(ValueError, match='gain_range must be 0 <= low <= high'):
        RandomColorGain(gain_range)
