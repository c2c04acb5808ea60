"""Geometry: image and depth stay on the same pixel, and no depth is made up."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.datasets.transforms import DepthCrop, RandomDepthZoom
from mmdepthcls.datasets.transforms.geometry import MEAN_BGR

CREATED = settings(deadline=None, max_examples=80)


def zoom_by(scale, **results):
    return RandomDepthZoom((scale, scale))(results)


def sparse_depth(seed, shape, valid=0.3):
    rng = np.random.default_rng(seed)
    return (rng.uniform(1, 90, shape) * (rng.random(shape) < valid)).astype(np.float32)


# ---------------------------------------------------------------------------------------------------------------- zoom
@CREATED
@given(st.floats(0.3, 3), st.integers(1, 40), st.integers(1, 60), st.integers(0, 99))
def test_zoom_divides_and_never_invents(scale, height, width, seed):
    depth = sparse_depth(seed, (height, width))
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    kept = depth.copy()
    results = zoom_by(scale, img=image, gt_depth_map=depth)
    new_width = max(round(scale * width), 1)
    done = new_width / width  # the zoom after rounding to whole pixels
    assert results['img'].shape[:2] == results['gt_depth_map'].shape == results['img_shape']
    assert results['img'].shape == (max(round(height * done), 1), new_width, 3)
    assert results['gt_depth_map'].dtype == np.float32 and results['img'].dtype == np.uint8
    assert set(results['gt_depth_map'].ravel()) <= set((depth / np.float32(done)).ravel()) | {0.0}
    np.testing.assert_array_equal(depth, kept)


@pytest.mark.parametrize('scale', [1.0, 1.1, 1.25, 1.3371, 1.5, 2.0, 0.75, 0.5])
def test_image_and_depth_stay_registered(scale):
    """Colour and depth both encode the position: decoded, they name the same source pixel to less than one."""
    height, width = 200, 240
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    results = zoom_by(scale, img=np.stack([columns, rows, rows * 0], -1).astype(np.uint8), gt_depth_map=columns + 1)
    twin = zoom_by(scale, img=np.zeros((height, width, 3), np.uint8), gt_depth_map=rows + 1)
    done = results['img'].shape[1] / width
    margin = int(np.ceil(done))
    inner = (slice(margin, -margin), ) * 2
    for channel, depth in ((0, results['gt_depth_map']), (1, twin['gt_depth_map'])):
        source = depth * np.float32(done) - 1  # source column or row, from the depth
        difference = (results['img'][..., channel] - source)[inner]
        assert np.abs(difference).max() <= 1.0 + 1e-3  # half a pixel by nearest, half by the rounding of colours
        assert abs(difference.mean()) < 0.3  # and no shift as a whole


def test_zoom_by_2_by_hand():
    depth = np.array([[10, 0, 30]], np.float32)
    results = zoom_by(2.0, img=np.zeros((1, 3, 3), np.uint8), gt_depth_map=depth)
    assert results['gt_depth_map'].tolist() == [[5, 5, 0, 0, 15, 15]] * 2


def test_zoom_by_1_changes_nothing():
    depth, image = sparse_depth(0, (9, 7)), np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    results = zoom_by(1.0, img=image, gt_depth_map=depth)
    np.testing.assert_array_equal(results['gt_depth_map'], depth)
    np.testing.assert_array_equal(results['img'], image)


def test_zoom_is_drawn_from_its_range():
    np.random.seed(0)
    zoom = RandomDepthZoom((1.2, 1.6))
    widths = [zoom(dict(img=np.zeros((10, 1000, 3), np.uint8)))['img'].shape[1] for _ in range(200)]
    assert 1200 <= min(widths) < 1230 and 1570 < max(widths) <= 1600 and abs(np.mean(widths) - 1400) < 30
    assert repr(zoom) == 'RandomDepthZoom(scale_range=(1.2, 1.6))'


def test_zoom_refuses_labels_made_before():
    with pytest.raises(ValueError, match='DepthToBinLabel must come after it'):
        zoom_by(1.2, img=np.zeros((4, 4, 3), np.uint8), gt_seg_map=np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize('scale_range', [(0, 1), (-1, 1), (1.5, 1.0)])
def test_zoom_ranges_without_sense(scale_range):
    with pytest.raises(ValueError, match='scale_range must be 0 < low <= high'):
        RandomDepthZoom(scale_range)


# ---------------------------------------------------------------------------------------------------------------- crop
def slow_crop(array, top, left, size, padding):
    height, width = size
    result = np.zeros((height, width, *array.shape[2:]), array.dtype)
    for row in range(height):
        for column in range(width):
            y, x = row + top, column + left
            inside = 0 <= y < array.shape[0] and 0 <= x < array.shape[1]
            result[row, column] = array[y, x] if inside else padding
    return result


@CREATED
@given(st.tuples(st.integers(1, 14), st.integers(1, 14)), st.tuples(st.integers(1, 14), st.integers(1, 14)),
       st.sampled_from(['random', 'center']), st.integers(0, 999))
def test_crop_equals_the_slow_loop(shape, size, position, seed):
    np.random.seed(seed)
    rng = np.random.default_rng(seed)
    image, depth = rng.integers(0, 256, (*shape, 3), dtype=np.uint8), sparse_depth(seed, shape)
    label = rng.integers(0, 71, shape, dtype=np.uint8)
    results = DepthCrop(size, position)(dict(img=image, gt_depth_map=depth, gt_seg_map=label, ori_shape=shape))
    top, left, *box = results['crop_box']
    assert tuple(box) == size == results['img_shape'] == results['ori_shape']
    for start, length, wanted in zip((top, left), shape, size, strict=True):
        # Either the crop lies in the image or the image in the crop.
        assert 0 <= start <= length - wanted if length >= wanted else length - wanted <= start <= 0
        if position == 'center':
            assert abs(start - (length - wanted) / 2) <= 0.5
    fields = ('img', image, (104, 116, 124)), ('gt_depth_map', depth, 0), ('gt_seg_map', label, 255)
    for key, array, padding in fields:
        assert results[key].dtype == array.dtype
        np.testing.assert_array_equal(results[key], slow_crop(array, top, left, size, padding))


def test_crop_pads_with_the_mean_colour_that_normalisation_makes_0():
    assert np.allclose(MEAN_BGR, [103.53, 116.28, 123.675])  # ImageNet's, BGR
    for dtype, tolerance in ((np.uint8, 0.5), (np.float32, 1e-5)):
        image = DepthCrop((4, 4), 'center')(dict(img=np.zeros((2, 2, 3), dtype)))['img']
        np.testing.assert_allclose(image[0, 0], MEAN_BGR, atol=tolerance)
        assert image.dtype == dtype and (image[1:3, 1:3] == 0).all()
    assert DepthCrop((4, 4), pad_value=(1, 2, 3))(dict(img=np.zeros((2, 2, 3), np.uint8)))['img'].max() == 3


def test_random_crops_reach_every_place():
    np.random.seed(0)
    crop = DepthCrop((3, 8))
    boxes = {crop(dict(img=np.zeros((6, 6, 3), np.uint8)))['crop_box'][:2] for _ in range(500)}
    assert boxes == {(top, left) for top in range(4) for left in range(-2, 1)}


def test_crop_takes_the_middle_of_synthia():
    results = DepthCrop((420, 800), 'center')(dict(img=np.zeros((760, 1280, 3), np.uint8)))
    assert results['crop_box'] == (170, 240, 420, 800)
    assert repr(DepthCrop((420, 800), 'center')) == "DepthCrop(crop_size=(420, 800), position='center')"


def test_crop_owns_its_result():
    depth = sparse_depth(0, (4, 4))
    results = DepthCrop((4, 4))(dict(img=np.zeros((4, 4, 3), np.uint8), gt_depth_map=depth))
    results['gt_depth_map'][:] = 7
    assert (depth != 7).all()


@pytest.mark.parametrize('kwargs, message', [
    (dict(crop_size=(0, 5)), r'crop_size must be \(height, width\).*got \(0, 5\)'),
    (dict(crop_size=(5, )), 'crop_size must be'),
    (dict(crop_size=(5, 5), position='corner'), "position must be .*got 'corner'")])
def test_crop_settings_without_sense(kwargs, message):
    with pytest.raises(ValueError, match=message):
        DepthCrop(**kwargs)


# ---------------------------------------------------------------------------------------------------------- together
STEPS = st.lists(st.one_of(
    st.floats(0.5, 2).map(lambda scale: dict(type='RandomDepthZoom', scale_range=(scale, scale))),
    st.tuples(st.integers(5, 40), st.integers(5, 40), st.sampled_from(['random', 'center'])).map(
        lambda crop: dict(type='DepthCrop', crop_size=crop[:2], position=crop[2])),
    st.just(dict(type='RandomFlip', prob=1.0))), max_size=5)


@CREATED
@given(STEPS, st.integers(0, 99))
def test_no_pipeline_creates_a_depth_that_was_not_measured(steps, seed):
    from mmengine.registry import DefaultScope
    from mmseg.registry import TRANSFORMS
    np.random.seed(seed)
    depth = sparse_depth(seed, (20, 30))
    results = dict(img=np.zeros((20, 30, 3), np.uint8), img_shape=(20, 30), gt_depth_map=depth,
                   seg_fields=['gt_depth_map'])
    allowed = depth[depth > 0].astype(np.float64)
    with DefaultScope.overwrite_default_scope('mmseg'):
        for step in steps:
            width = results['img'].shape[1]
            results.pop('flip', None)
            results = TRANSFORMS.build(step)(results)
            if step['type'] == 'RandomDepthZoom':
                allowed = allowed / (results['img'].shape[1] / width)
    result = results['gt_depth_map']
    assert result.shape == results['img'].shape[:2]
    measured = result[result != 0].astype(np.float64)
    nearest = np.abs(measured[:, None] - allowed[None]).min(axis=1) if len(measured) else measured
    assert (nearest <= 1e-5 * measured).all()  # an input value divided by the zooms; 90 m / 4 in float32
    if not steps:
        np.testing.assert_array_equal(result, depth)
