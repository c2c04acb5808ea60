"""CanonicalCamera: labels of canonical metres, images of the canonical focal length, and what is refused."""
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS

from mmdepthcls.bins import SIDBins
from mmdepthcls.camera import canonical_depth, canonical_range

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=110.0, num_bins=40)


def sample(focal=500.0, shape=(40, 60), seed=0):
    rng = np.random.default_rng(seed)
    depth = (rng.uniform(0.5, 120, shape) * (rng.random(shape) < 0.7)).astype(np.float32)
    results = dict(img=rng.integers(0, 256, (*shape, 3), dtype=np.uint8), img_path='street.png', img_shape=shape,
                   ori_shape=shape, gt_depth_map=depth, seg_fields=['gt_depth_map'])
    return results if focal is None else dict(results, focal_px=focal)


def composed(*steps):
    return Compose([TRANSFORMS.build(dict(step)) for step in steps])


def test_labels_are_of_canonical_metres_and_depth_stays(mmseg_scope):
    given = sample()
    results = composed(dict(type='CanonicalCamera', focal_px=1000.0), dict(type='DepthToBinLabel', bins=BINS))(
        {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in given.items()})
    assert (results['gt_depth_map'] == given['gt_depth_map']).all() and results['focal_px'] == 500
    bins = SIDBins(1.0, 110.0, 40)
    expected = bins.encode(2 * given['gt_depth_map'].astype(np.float64))
    assert (results['gt_seg_map'] == expected).all()
    assert 'canonical camera of 1000 px' in results['seg_map_path']


def test_a_range_is_of_metres_before(mmseg_scope):
    given = sample()
    results = composed(dict(type='CanonicalCamera', focal_px=1000.0), dict(
        type='DepthToBinLabel', bins=BINS, depth_range=(2.0, 40.0)))(given)
    depth = results['gt_depth_map']
    inside = (depth >= 2) & (depth <= 40)
    assert ((results['gt_seg_map'] != 255) == inside).all() and inside.any()


@pytest.mark.parametrize('focal', [1000.0, 333.0, 70.0])
def test_images_get_the_canonical_focal_length(mmseg_scope, focal):
    given = sample(focal)
    depths = set(np.unique(given['gt_depth_map']))
    results = composed(dict(type='CanonicalCamera', focal_px=210.0, by='image'))(given)
    height, width = (round(length * 210 / focal) for length in (40, 60))
    assert results['img'].shape[:2] == results['gt_depth_map'].shape == results['img_shape'] == (height, width)
    assert results['focal_px'] == pytest.approx(focal * np.sqrt(height / 40 * width / 60))
    assert results['scale_factor'] == pytest.approx((width / 60, height / 40))
    assert results['ori_shape'] == (40, 60) and set(np.unique(results['gt_depth_map'])) <= depths  # no new depth


def test_scales_of_two_steps_are_told_as_one(mmseg_scope):
    results = composed(dict(type='Resize', scale=(120, 80)), dict(type='CanonicalCamera', focal_px=500, by='image'))(
        sample())
    assert results['scale_factor'] == pytest.approx((1, 1)) and results['img'].shape[:2] == (40, 60)


@pytest.mark.parametrize('by', ['depth', 'image'])
def test_an_unknown_camera_is_refused(mmseg_scope, by):
    step = composed(dict(type='CanonicalCamera', focal_px=1000.0, by=by))
    with pytest.raises(ValueError, match=r"street.png: the focal length .* is not known.*focal_px=PIXELS"):
        step(sample(None))
    with pytest.raises(ValueError, match='street.png: what Albu does to the focal length is not known'):
        step(dict(sample(None), focal_lost='Albu'))
    lost = composed(dict(type='CanonicalCamera', focal_px=1000.0), dict(type='DepthToBinLabel', bins=BINS))
    lost.transforms.insert(1, lambda results: {k: v for k, v in results.items() if k != 'focal_px'})
    with pytest.raises(ValueError, match='street.png: the focal length'):
        lost(sample())


@pytest.mark.parametrize(('settings', 'message'), [
    (dict(focal_px=0), 'positive'), (dict(focal_px=-3.0), 'positive'), (dict(focal_px=9, by='labels'), "'image'")])
def test_settings_without_sense(mmseg_scope, settings, message):
    with pytest.raises(ValueError, match=message):
        TRANSFORMS.build(dict(type='CanonicalCamera', **settings))


def test_images_that_would_become_huge(mmseg_scope):
    with pytest.raises(ValueError, match=r'street.png: its focal length of 0.5 px .* Is it counted in pixels'):
        composed(dict(type='CanonicalCamera', focal_px=1000.0, by='image'))(sample(0.5))
    with pytest.raises(ValueError, match='DepthToBinLabel must come after'):
        composed(dict(type='DepthToBinLabel', bins=BINS), dict(type='CanonicalCamera', focal_px=9.0, by='image'))(
            sample())


def test_a_range_without_sense(mmseg_scope):
    with pytest.raises(ValueError, match='nearest and the farthest'):
        TRANSFORMS.build(dict(type='DepthToBinLabel', bins=BINS, depth_range=(9.0, 2.0)))


def test_bins_for_all_cameras():
    """At 1 000 px KITTI's 80 m are 110.9; every depth of every camera has a bin."""
    low, high = canonical_range((1.0, 80.0), [721.5377, 532.74, 1400.0], 1000.0)
    assert high == pytest.approx(80 * 1000 / 532.74) and low == pytest.approx(1000 / 1400)
    assert canonical_range((1, 80), [721.5377], 1000.0)[1] == pytest.approx(110.9, abs=0.03)
    bins = SIDBins(low, high, 71)
    for focal in (721.5377, 532.74, 1400.0):
        depth = canonical_depth(np.linspace(1.01, 79.99, 500, dtype=np.float32), focal, 1000.0)
        assert (bins.encode(depth) != 255).all()
    with pytest.raises(ValueError, match='canonical_range'):
        canonical_range((1, 80), [], 1000.0)
