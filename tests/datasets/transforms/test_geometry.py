"""Geometry: image and depth stay on the same pixel, and no depth is made up."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import SIDBins
from mmdepthcls.datasets.transforms import (
    DepthCrop,
    DepthToBinLabel,
    KBCrop,
    PackDepthInputs,
    RandomColorGain,
    RandomDepthWarp,
    RandomDepthZoom,
)
from mmdepthcls.datasets.transforms.geometry import MEAN_BGR

CREATED = settings(deadline=None, max_examples=80)


def zoom_by(scale, **results):
    return RandomDepthZoom((scale, scale))(results)


def sparse_depth(seed, shape, valid=0.3):
    rng = np.random.default_rng(seed)
    return (rng.uniform(1, 90, shape) * (rng.random(shape) < valid)).astype(np.float32)


# ---------------------------------------------------------------------------------------------------------------- warp
def position_fields(height, width):
    """An image and a depth map that both say where each pixel was: column in blue, row in green, both in depth."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([columns, rows, rows * 0], axis=-1).astype(np.float32)
    return image, (rows * 1000 + columns + 1).astype(np.float32)


def decoded(depth, scale):
    """Row, column and validity of the source pixel of every pixel."""
    code = np.rint(depth.astype(np.float64) * scale).astype(int) - 1
    return code // 1000, code % 1000, depth > 0


@CREATED
@given(scale=st.floats(0.5, 2.5), angle=st.floats(0, 30), flip=st.booleans(),
       crop=st.none() | st.tuples(st.integers(5, 90), st.integers(5, 90)), shape=st.tuples(*[st.integers(20, 60)] * 2),
       seed=st.integers(0, 999))
def test_image_and_depth_stay_on_the_same_pixel(scale, angle, flip, crop, shape, seed):
    """Color and depth both encode the position: decoded, they name the same source pixel to less than one."""
    np.random.seed(seed)
    image, depth = position_fields(*shape)
    warp = RandomDepthWarp(crop, (scale, scale), angle, float(flip), pad_value=(-1e4, ) * 3)
    results = warp(dict(img=image, gt_depth_map=depth))
    size = crop or (max(round(scale * shape[0]), 1), max(round(scale * shape[1]), 1))
    assert results['img'].shape == (*size, 3) and results['gt_depth_map'].shape == size
    assert results['img_shape'] == results['ori_shape'] == size
    row, column, valid = decoded(results['gt_depth_map'], scale)
    color = results['img']
    inner = valid & (color[..., 2] == 0)  # bilinear at the border mixes with the padding
    for channel, source in ((0, column), (1, row)):
        difference = (color[..., channel] - source)[inner]
        assert np.abs(difference).max(initial=0) <= 0.51  # nearest
    # Where depth is missing there is no image either, but for the half pixel at the border.
    assert (color[~valid][:, 2] < 0).all()
    assert crop or angle > 0 or inner.mean() > 0.8


@pytest.mark.parametrize('angle', [0.0, 5.0])
@pytest.mark.parametrize('scale', [1.0, 1.1, 1.25, 1.3371, 1.5, 2.0, 0.75])
def test_depth_is_not_shifted_against_the_image(scale, angle):
    image, depth = position_fields(200, 240)
    results = RandomDepthWarp(None, (scale, scale), angle, pad_value=(-1e4, ) * 3)(dict(img=image, gt_depth_map=depth))
    row, column, valid = decoded(results['gt_depth_map'], scale)
    inner = valid & (results['img'][..., 2] == 0)
    for channel, source in ((0, column), (1, row)):
        assert abs((results['img'][..., channel] - source)[inner].mean()) < 0.2  # a shift would be half a pixel


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('scale, angle', [(1.0, 0.0), (1.3, 0.0), (0.7, 10.0), (1.25, -5.0), (1.0, 180.0)])
def test_a_point_goes_where_the_formula_says(monkeypatch, scale, angle, flip):
    """Forward: from the middle of a source pixel, zoom and turn about the center, mirror."""
    height, width = 30, 44
    _, depth = position_fields(height, width)
    monkeypatch.setattr(np.random, 'uniform', lambda low, high: scale if low == high else angle)
    results = RandomDepthWarp(None, (scale, scale), abs(angle) or 1.0, float(flip))(
        dict(img=np.zeros((height, width, 3), np.uint8), gt_depth_map=depth))
    new_height, new_width = results['img_shape']
    row, column, valid = decoded(results['gt_depth_map'], scale)
    got_row, got_column = np.mgrid[:new_height, :new_width]
    turn = np.deg2rad(angle)
    x, y = column + 0.5 - width / 2, row + 0.5 - height / 2
    right = scale * (np.cos(turn) * x - np.sin(turn) * y) + scale * width / 2 - 0.5
    down = scale * (np.sin(turn) * x + np.cos(turn) * y) + scale * height / 2 - 0.5
    right = new_width - 1 - right if flip else right
    assert valid.mean() > 0.6
    assert np.hypot(right - got_column, down - got_row)[valid].max() <= scale * np.sqrt(0.5) + 1e-3


@CREATED
@given(st.floats(0.3, 3), st.integers(1, 40), st.integers(1, 60), st.integers(0, 99))
def test_zoom_divides_and_never_invents(scale, height, width, seed):
    depth = sparse_depth(seed, (height, width))
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    kept = depth.copy()
    results = zoom_by(scale, img=image, gt_depth_map=depth)
    assert results['img'].shape == (max(round(height * scale), 1), max(round(width * scale), 1), 3)
    assert results['img'].shape[:2] == results['gt_depth_map'].shape == results['img_shape']
    assert results['gt_depth_map'].dtype == np.float32 and results['img'].dtype == np.uint8
    assert set(results['gt_depth_map'].ravel()) <= set((depth / np.float32(scale)).ravel()) | {0.0}
    np.testing.assert_array_equal(depth, kept)


def test_zoom_by_2_by_hand():
    depth = np.array([[10, 0, 30]], np.float32)
    results = zoom_by(2.0, img=np.zeros((1, 3, 3), np.uint8), gt_depth_map=depth)
    assert results['gt_depth_map'].tolist() == [[5, 5, 0, 0, 15, 15]] * 2


def test_zoom_by_1_changes_nothing():
    depth, image = sparse_depth(0, (9, 7)), np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    results = zoom_by(1.0, img=image, gt_depth_map=depth)
    np.testing.assert_array_equal(results['gt_depth_map'], depth)
    np.testing.assert_array_equal(results['img'], image)


def test_warp_that_only_crops_and_flips_copies_pixels():
    np.random.seed(3)
    rng = np.random.default_rng(0)
    image, depth = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), sparse_depth(0, (30, 40))
    label = rng.integers(0, 71, (30, 40), dtype=np.uint8)
    results = RandomDepthWarp((20, 50), flip_prob=1.0)(dict(img=image, gt_depth_map=depth, gt_seg_map=label))
    places = [(top, left) for top in range(11) for left in range(-10, 1)]
    found = [(top, left) for top, left in places
             if (slow_crop(depth, top, left, (20, 50), 0)[:, ::-1] == results['gt_depth_map']).all()]
    assert len(found) == 1
    np.testing.assert_array_equal(slow_crop(image, *found[0], (20, 50), np.rint(MEAN_BGR))[:, ::-1], results['img'])
    np.testing.assert_array_equal(slow_crop(label, *found[0], (20, 50), 255)[:, ::-1], results['gt_seg_map'])


def test_further_ground_truths_follow_the_first():
    depth = sparse_depth(0, (30, 40))
    names = ['gt_depth_map', 'gt_depth_map_velodyne', 'gt_seg_map']
    for transform in (RandomDepthWarp((50, 20), (1.3, 1.3), 10.0, 0.5), DepthCrop((50, 20))):
        results = dict(img=np.zeros((30, 40, 3), np.uint8), gt_depth_map=depth, gt_depth_map_velodyne=depth.copy(),
                       seg_fields=names[:2])
        results = transform(results)
        np.testing.assert_array_equal(results['gt_depth_map_velodyne'], results['gt_depth_map'])
        assert (results['gt_depth_map'] == 0).any() and results['gt_depth_map'].shape == (50, 20)


def test_the_papers_crop_comes_out_of_375_rows():
    np.random.seed(0)
    for scale, padded in ((1.0, True), (1.5, False)):
        warp = RandomDepthWarp((420, 800), (scale, scale), 5.0, 0.5)
        results = warp(dict(img=np.full((375, 1242, 3), 7, np.uint8), gt_depth_map=np.ones((375, 1242), np.float32)))
        assert results['img'].shape == (420, 800, 3)
        valid = results['gt_depth_map'] > 0
        assert set(results['gt_depth_map'][valid]) == {np.float32(1 / np.float32(scale))}
        # what is no image is mean color and has no depth
        mean_color = (results['img'] == [104, 116, 124]).all(axis=-1)
        assert not mean_color[valid].any() and padded == (~valid).any() == mean_color.any()
        assert valid.mean() > 0.8


def test_parameters_are_drawn_from_their_ranges():
    np.random.seed(0)
    warp = RandomDepthWarp(None, (1.2, 1.6), 5.0, 0.25)
    draws = [warp._draw_matrix(10, 1000) for _ in range(400)]
    scales, flips = np.array([d[0] for d in draws]), np.array([d[2][0, 0] < 0 for d in draws])
    angles = np.rad2deg([np.arcsin(d[2][0, 1] * d[0]) for d in draws])
    assert 1.2 <= scales.min() < 1.21 and 1.59 < scales.max() <= 1.6 and abs(scales.mean() - 1.4) < 0.02
    assert -5 <= angles.min() < -4.9 and 4.9 < angles.max() <= 5 and abs(angles.mean()) < 0.4
    assert abs(flips.mean() - 0.25) < 0.06
    assert repr(RandomDepthZoom((1.2, 1.6))) == 'RandomDepthZoom(scale_range=(1.2, 1.6))'
    assert repr(warp).startswith('RandomDepthWarp(crop_size=None, scale_range=(1.2, 1.6), max_angle=5.0')


def test_a_crop_with_too_little_depth_is_drawn_again():
    np.random.seed(0)
    depth = np.zeros((40, 200), np.float32)
    depth[:, :20] = 5  # a tenth of the places has depth
    share = [(RandomDepthWarp((40, 20), min_valid=0.3, max_tries=tries)(
        dict(img=np.zeros((40, 200, 3), np.uint8), gt_depth_map=depth))['gt_depth_map'] > 0).mean()
        for tries in (1, 100) for _ in range(40)]
    assert np.mean(np.array(share[:40]) < 0.3) > 0.6 and min(share[40:]) >= 0.3
    # Where no draw is good enough the best is taken, and a sample without depth is drawn once.
    depth[:] = 0
    depth[:, 100:102] = 5
    results = RandomDepthWarp((40, 20), min_valid=0.9, max_tries=200)(
        dict(img=np.zeros((40, 200, 3), np.uint8), gt_depth_map=depth))
    assert (results['gt_depth_map'] > 0).sum() == 80
    assert 'gt_depth_map' not in RandomDepthWarp((4, 4), min_valid=0.5)(dict(img=np.zeros((9, 9, 3), np.uint8)))


def test_zoom_refuses_labels_made_before():
    with pytest.raises(ValueError, match='DepthToBinLabel must come after it'):
        zoom_by(1.2, img=np.zeros((4, 4, 3), np.uint8), gt_seg_map=np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize('kwargs, message', [
    *((dict(scale_range=scale_range), 'scale_range must be 0 < low <= high')
      for scale_range in ((0, 1), (-1, 1), (1.5, 1.0), (1, float('inf')), (float('nan'), 1))),
    (dict(crop_size=(0, 5)), 'crop_size must be'),
    (dict(max_angle=-1), 'max_angle must be 0..180 degrees, got -1'),
    (dict(flip_prob=1.5), 'flip_prob must be 0..1, got 1.5'),
    (dict(min_valid=20), 'min_valid must be 0..1, a share of the pixels, got 20'),
    (dict(max_tries=0), 'max_tries must be at least 1, got 0'),
])
def test_warp_settings_without_sense(kwargs, message):
    with pytest.raises(ValueError, match=message):
        RandomDepthWarp(**kwargs)


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


def test_crop_pads_with_the_mean_color_that_normalization_makes_0():
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


# ------------------------------------------------------------------------------------------------------------ kb crop
def test_kb_crop_remembers_where_it_was():
    image, depth = position_fields(375, 1242)
    results = KBCrop()(dict(img=image, gt_depth_map=depth, ori_shape=(375, 1242), seg_fields=['gt_depth_map']))
    assert results['crop_box'] == (23, 13, 352, 1216) and results['full_shape'] == (375, 1242)
    assert results['img_shape'] == results['ori_shape'] == (352, 1216) == results['gt_depth_map'].shape
    np.testing.assert_array_equal(results['img'], image[23:375, 13:1229])
    np.testing.assert_array_equal(results['gt_depth_map'], depth[23:375, 13:1229])
    warped = RandomDepthWarp((100, 100))(results)
    assert not {'crop_box', 'full_shape'} & warped.keys()  # the frame is left behind


@pytest.mark.parametrize('shape, message', [
    ((351, 1242), "street.png: crop 'kb' needs at least 352 x 1216 pixels, got 351 x 1242"),
    ((375, 1215), "needs at least 352 x 1216 pixels, got 375 x 1215")])
def test_kb_crop_of_a_small_image(shape, message):
    with pytest.raises(ValueError, match=message):
        KBCrop()(dict(img=np.zeros((*shape, 3), np.uint8), img_path='street.png'))


def test_kb_crop_of_a_changed_frame():
    with pytest.raises(ValueError, match=r'changed from \(375, 1242\) to \(400, 1300\) before. Put KBCrop right after'):
        KBCrop()(dict(img=np.zeros((400, 1300, 3), np.uint8), ori_shape=(375, 1242)))
    with pytest.raises(ValueError, match='Put KBCrop right after'):
        KBCrop()(KBCrop()(dict(img=np.zeros((375, 1242, 3), np.uint8))))


# ---------------------------------------------------------------------------------------------------------- together
SIZES = st.tuples(st.integers(5, 40), st.integers(5, 40))
STEPS = st.lists(st.one_of(
    st.floats(0.5, 2).map(lambda scale: dict(type='RandomDepthZoom', scale_range=(scale, scale))),
    st.tuples(SIZES, st.sampled_from(['random', 'center'])).map(
        lambda crop: dict(type='DepthCrop', crop_size=crop[0], position=crop[1])),
    st.tuples(st.none() | SIZES, st.floats(0.5, 2), st.floats(0, 90), st.sampled_from([0.0, 0.2])).map(
        lambda args: dict(type='RandomDepthWarp', crop_size=args[0], scale_range=(args[1], args[1]), max_angle=args[2],
                          flip_prob=0.5, min_valid=args[3])),
    SIZES.map(lambda scale: dict(type='Resize', scale=scale, keep_ratio=False)),
    SIZES.map(lambda size: dict(type='RandomCrop', crop_size=size)),
    st.just(dict(type='RandomFlip', prob=1.0))), max_size=5)


@CREATED
@given(STEPS, st.integers(0, 99), SIZES)
def test_no_pipeline_creates_a_depth_that_was_not_measured(steps, seed, batch_size):
    """Transforms, packing and the data preprocessor, which pads to a larger size, all together."""
    from mmengine.registry import DefaultScope
    from mmseg.registry import MODELS, TRANSFORMS
    np.random.seed(seed)
    depth = sparse_depth(seed, (20, 30))
    results = dict(img=np.zeros((20, 30, 3), np.uint8), img_shape=(20, 30), ori_shape=(20, 30), gt_depth_map=depth,
                   seg_fields=['gt_depth_map'], scale_factor=(1.0, 1.0))
    allowed = depth[depth > 0].astype(np.float64)
    with DefaultScope.overwrite_default_scope('mmseg'):
        for step in steps:
            results.pop('flip', None)
            results = TRANSFORMS.build(step)(results)
            allowed = allowed / step.get('scale_range', (1, 1))[0]
        packed = TRANSFORMS.build(dict(type='PackDepthInputs'))(results)
        padded = tuple(max(pair) for pair in zip(batch_size, results['img'].shape, strict=False))
        preprocess = MODELS.build(dict(type='DepthDataPreProcessor', size=padded))
        batch = preprocess(dict(inputs=[packed['inputs']], data_samples=[packed['data_samples']]), training=True)
    result = batch['data_samples'][0].gt_depth_map.data[0].numpy()
    assert result.shape == batch['inputs'].shape[2:] == padded
    assert np.count_nonzero(result) == np.count_nonzero(results['gt_depth_map'])
    measured = result[result != 0].astype(np.float64)
    nearest = np.abs(measured[:, None] - allowed[None]).min(axis=1) if len(measured) else measured
    assert (nearest <= 1e-5 * measured).all()  # an input value divided by the zooms; 90 m / 4 in float32
    if not steps:
        np.testing.assert_array_equal(result[:20, :30], depth)


# ------------------------------------------------------------------------------------------------ channels and types
@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'int16', 'float32', 'float64'])
@pytest.mark.parametrize('channels', [(), (1, ), (2, ), (3, ), (4, ), (5, )], ids=str)
@pytest.mark.parametrize('transform', [
    DepthCrop((40, 30), 'center'), RandomDepthWarp((40, 30)), RandomDepthWarp(None, (0.5, 2.0), 10.0, 0.5),
    RandomDepthZoom((1.5, 1.5)), RandomColorGain()], ids=str)
def test_images_of_any_channels_and_type(transform, channels, dtype):
    image = (np.random.default_rng(0).random((20, 50, *channels)) * 255).astype(dtype)
    results = transform(dict(img=image, gt_depth_map=np.ones((20, 50), np.float32), seg_fields=[]))
    assert results['img'].dtype == dtype and results['img'].shape[2:] == channels
    assert results['img'].shape[:2] == results['gt_depth_map'].shape


@pytest.mark.parametrize('channels', [1, 3, 4])
def test_a_crop_of_one_channel_is_the_channel_of_a_crop(channels):
    """Inside; outside gray is the mean color, alpha is 0, and 16 bits have their own white."""
    image = np.random.default_rng(0).integers(0, 256, (10, 12, channels), dtype=np.uint8)
    for transform in (DepthCrop((20, 20), 'center'), RandomDepthWarp((20, 20))):
        for dtype, white in ((np.uint8, 1), (np.uint16, 257), (np.float32, 1)):
            np.random.seed(0)
            cropped = transform(dict(img=image.astype(dtype)))['img']
            seen = [tuple(pixel) for pixel in cropped.reshape(-1, channels).tolist()]
            outside = {1: [np.mean(MEAN_BGR)], 3: MEAN_BGR, 4: [*MEAN_BGR, 0]}[channels]
            expected = np.array(outside) * white
            expected = tuple(expected.astype(dtype) if dtype == np.float32 else np.rint(expected))
            assert seen.count(expected) == 400 - 120
            assert {tuple(pixel) for pixel in image.reshape(-1, channels).tolist()} <= set(seen)
    flat = DepthCrop((20, 20), 'center')(dict(img=image[..., 0]))['img']
    if channels == 1:
        np.testing.assert_array_equal(flat, DepthCrop((20, 20), 'center')(dict(img=image))['img'][..., 0])
    own = DepthCrop((20, 20), 'center', pad_value=(9, ) * channels)(dict(img=image))['img']
    assert own[0, 0].tolist() == [9] * channels


@pytest.mark.parametrize('channels', [(), (1, ), (3, ), (4, )], ids=str)
def test_kb_crop_and_the_whole_pipeline_of_any_channels(channels):
    image = np.random.default_rng(0).integers(0, 256, (360, 1220, *channels), dtype=np.uint8)
    depth = np.full((360, 1220), 5, np.float32)
    results = KBCrop()(dict(img=image, gt_depth_map=depth, ori_shape=depth.shape, seg_fields=['gt_depth_map']))
    np.testing.assert_array_equal(results['img'], image[8:, 2:1218])
    for transform in (RandomDepthWarp((64, 80), (1, 1.5), 5, 0.5), RandomColorGain(), DepthToBinLabel(
            SIDBins(1, 80, 8)), PackDepthInputs(('img_shape', ))):
        results = transform(results)
    assert results['inputs'].shape == ((channels or (1, ))[0], 64, 80)
    assert results['data_samples'].gt_sem_seg.shape == (64, 80)
