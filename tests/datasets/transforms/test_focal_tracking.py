"""The focal length through pipelines: against scenes that are drawn anew, and step by step."""
from dataclasses import replace

import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS

from mmdepthcls.camera import canonical_depth
from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import sample_scene
from mmdepthcls.datasets import DepthFolderDataset
from mmdepthcls.datasets.transforms.focal_tracking import EFFECTS, PACKAGES, focal_effect

HEIGHT, WIDTH, FOCAL = 144, 288, 180.0


def composed(*steps):
    return Compose([TRANSFORMS.build(dict(step)) for step in steps])


def sample(image=None, depth=None, focal=FOCAL):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8) if image is None else image
    results = dict(img=image, img_path='a.png', img_shape=image.shape[:2], ori_shape=image.shape[:2], seg_fields=[],
                   focal_px=focal)
    if depth is not None:
        results.update(gt_depth_map=depth.copy(), seg_fields=['gt_depth_map'])
    return results


@pytest.fixture(scope='module')
def scene():
    return sample_scene(np.random.default_rng(5))


def resized(ratio):
    return dict(type='Resize', scale_factor=ratio, keep_ratio=True)


# Steps, and by how much they make things larger in the image.
STEPS = [
    (resized(1.5), 1.5),
    (dict(type='RandomResize', scale=(3 * WIDTH, 3 * HEIGHT), ratio_range=(1.0, 1.0), keep_ratio=True), None),
    (dict(type='RandomChoiceResize', scales=[(2 * WIDTH, 2 * HEIGHT)], keep_ratio=True), None),
    (dict(type='ResizeShortestEdge', scale=2 * HEIGHT, max_size=4 * WIDTH), None),
    (dict(type='RandomDepthWarp', scale_range=(1.3, 1.3)), 1.3),
    (dict(type='RandomDepthZoom', scale_range=(0.8, 0.8)), 0.8),
    (dict(type='RandomApply', transforms=[resized(1.2)], prob=1.0), 1.2),
    (dict(type='RandomChoice', transforms=[[resized(0.75), dict(type='PhotoMetricDistortion')]]), 0.75),
    (dict(type='DepthCrop', crop_size=(120, 192), position='center'), 1.0),
    (dict(type='DepthCrop', crop_size=(300, 500), position='center'), 1.0),
    (dict(type='RandomColorGain'), 1.0),
    (dict(type='CanonicalCamera', focal_px=231.0, by='image'), None),
    (dict(type='CanonicalCamera', focal_px=500.0), 1.0),
]


@pytest.mark.parametrize('seed', range(6))
def test_compositions_show_the_scene_as_a_camera_that_sees_the_same(scene, seed, mmseg_scope):
    """Whatever shares the zoom, depth or focal length: the canonical depth is that of the scene drawn anew, by a camera
    whose focal length is the old one times all magnifications."""
    camera = replace(scene.camera, focal=FOCAL / WIDTH)
    image, depth = render(replace(scene, camera=camera), HEIGHT, WIDTH)
    results, magnification = sample(image, depth), 1.0
    for index in np.random.default_rng(seed).choice(len(STEPS), 4, replace=False):
        step, ratio = STEPS[index]
        width = results['img'].shape[1]
        results = composed(step)(results)
        magnification *= results['img'].shape[1] / width if ratio is None else ratio
    height, width = results['img'].shape[:2]
    flip = np.random.default_rng(seed).random() < 0.5
    results = composed(dict(type='RandomFlip', prob=float(flip)))(results)
    again = replace(scene, camera=replace(scene.camera, focal=FOCAL * magnification / width))
    drawn = render(again, height, width)[1][:, ::-1 if flip else 1]
    found = canonical_depth(results['gt_depth_map'], results['focal_px'], 100.0)
    expected = canonical_depth(drawn, FOCAL * magnification, 100.0)
    both = (found > 0) & (expected > 0)
    assert both.sum() > 2000
    error = np.abs(np.log(found[both] / expected[both]))
    assert np.median(error) < 0.02 and np.mean(error < 0.05) > 0.75


@pytest.mark.parametrize(('step', 'factor'), [
    (dict(type='Resize', scale=(WIDTH * 2, HEIGHT)), 2**0.5),  # unequal: the geometric mean
    (dict(type='Resize', scale=(WIDTH // 2, HEIGHT // 2)), 0.5),
    (dict(type='ResizeToMultiple', size_divisor=32), (160 / 144)**0.5), (dict(type='Pad', size=(300, 300)), 1),
    (dict(type='CenterCrop', crop_size=(20, 20)), 1), (dict(type='RandomCrop', crop_size=(20, 30)), 1),
    (dict(type='RandomFlip', prob=1.0), 1), (dict(type='RandomRotate', prob=1.0, degree=20.0), 1),
    (dict(type='RandomRotFlip', rotate_prob=1.0), 1), (dict(type='RandomCutOut', prob=1.0, n_holes=1,
                                                            cutout_shape=(4, 4)), 1),
    (dict(type='CLAHE'), 1), (dict(type='AdjustGamma'), 1), (dict(type='RandomGrayscale', prob=1.0), 1),
    (dict(type='Normalize', mean=[0.0] * 3, std=[1.0] * 3), 1),
    (dict(type='RandomDepthWarp', crop_size=(30, 30), scale_range=(1.1, 2.0), max_angle=5, flip_prob=0.5), 1),
    (dict(type='RandomApply', transforms=[dict(type='Resize', scale_factor=2.0)], prob=0.0), 1),
    (dict(type='Compose', transforms=[resized(2.0), dict(type='Pad', size=(900, 900)), resized(0.25)]), 0.5)])
def test_each_step(step, factor, mmseg_scope):
    results = composed(step)(sample())
    assert results['focal_px'] == pytest.approx(FOCAL * factor, rel=1e-9) and 'focal_lost' not in results


def test_a_frame_of_kitti(mmseg_scope):
    results = composed(dict(type='KBCrop'), dict(type='Resize', scale=(608, 176)))(
        sample(np.zeros((375, 1242, 3), np.uint8), focal=721.5377))
    assert results['focal_px'] == pytest.approx(721.5377 / 2)


class Stranger(BaseTransform):
    def transform(self, results):
        return results


class Declared(Stranger):
    focal_effect = 'same'

    def transform(self, results):
        return dict(results, img=results['img'][2:])


class Resizing(BaseTransform):
    focal_effect = 'resized'

    def transform(self, results):
        return dict(results, img=results['img'][::2, ::2])


class Overridden(Declared):
    def transform(self, results):
        return results


def test_classes_of_ones_own():
    assert Declared()(sample())['focal_px'] == FOCAL and Resizing()(sample())['focal_px'] == FOCAL / 2
    for kind in (Stranger, Overridden):
        results = kind()(sample())
        assert 'focal_px' not in results and results['focal_lost'] == kind.__name__
        assert 'focal_px' not in Declared()(results)


@pytest.mark.parametrize('inner', [[dict(type='RandomMosaic', prob=1.0)], [dict(type='RandomApply', transforms=[
    dict(type='Resize', scale_factor=2.0), dict(type='RandomCrop', crop_size=(20, 20))], prob=1.0)]])
def test_what_cannot_be_told_is_not_known(inner, mmseg_scope):
    """Also in a wrapper that maps keys, from which no bookkeeping comes out."""
    results = sample()
    results.update(first=results['img'], second=results['img'])
    if inner[0]['type'] == 'RandomMosaic':
        assert focal_effect(type(TRANSFORMS.build(dict(inner[0])))) is None
        return
    mapped = dict(type='KeyMapper', mapping=dict(img='first'), remapping=dict(img='img'), transforms=inner)
    results = composed(mapped)(results)
    assert results['focal_lost'] == 'KeyMapper' and 'focal_px' not in results


def test_wrappers_that_map_keys(mmseg_scope):
    results = sample()
    results.update(first=results['img'], second=results['img'])
    beside = dict(type='TransformBroadcaster', mapping=dict(img=['first', 'second']), auto_remap=True,
                  transforms=[dict(type='Resize', scale_factor=2.0), dict(type='RandomCrop', crop_size=(9, 9))])
    assert composed(beside)(results)['focal_px'] == FOCAL  # the image itself stays
    alone = dict(type='KeyMapper', mapping=dict(img='img'), remapping=dict(img='img'),
                 transforms=[dict(type='Resize', scale_factor=2.0), dict(type='RandomFlip', prob=1.0)])
    results = composed(alone)(sample())
    assert results['img'].shape[0] == 2 * HEIGHT and results['focal_px'] == 2 * FOCAL


def test_every_name_is_a_class_of_the_host_or_ours(mmseg_scope):
    """A list of names that nobody has would protect nobody."""
    missing = [name for name in EFFECTS if TRANSFORMS.get(name) is None]
    assert set(missing) <= {'LoadImageFromNpyFile'}  # of one stack alone
    for name in EFFECTS.keys() - set(missing):
        kind = TRANSFORMS.get(name)
        assert kind.__module__.partition('.')[0] in PACKAGES and focal_effect(kind) == EFFECTS[name], name


def function(results):
    return dict(results, img=results['img'][::2, ::2])


def test_a_step_that_nobody_watches(pairs, mmseg_scope):
    """A plain function may zoom without anybody's seeing it: the data set knows no focal length then."""
    settings = dict(data_root=str(pairs), ann_file='split.txt', focal_px=50)
    load = dict(type='LoadImageFromFile')
    for pipeline in ([load, function], [load, dict(type='RandomApply', transforms=[function], prob=0.0)]):
        results = DepthFolderDataset(pipeline=pipeline, **settings)[0]
        assert results.get('focal_px') is None and results['focal_lost'] == 'function'
    results = DepthFolderDataset(pipeline=[load, resized(2.0)], **settings)[0]
    assert results['focal_px'] == 100


@pytest.mark.parametrize('pack', ['PackDepthInputs', 'PackSegInputs'])
def test_packed(pairs, mmseg_scope, pack):
    dataset = DepthFolderDataset(data_root=str(pairs), ann_file='split.txt', focal_px=50, pipeline=[
        dict(type='LoadImageFromFile'), resized(2.0), dict(type='CanonicalCamera', focal_px=300), dict(type=pack)])
    metainfo = dataset[0]['data_samples'].metainfo
    assert metainfo['focal_px'] == 100 and metainfo['canonical_focal_px'] == 300
    lost = DepthFolderDataset(data_root=str(pairs), ann_file='split.txt', focal_px=50, pipeline=[
        dict(type='LoadImageFromFile'), dict(type='BioMedicalGaussianNoise', prob=0.0), dict(type=pack)])
    metainfo = lost[0]['data_samples'].metainfo
    assert metainfo['focal_lost'] == 'BioMedicalGaussianNoise' and metainfo.get('focal_px') is None


def test_views(pairs, mmseg_scope):
    views = dict(type='TestTimeAug', transforms=[[resized(1.0), resized(2.0)], [dict(type='PackDepthInputs')]])
    dataset = DepthFolderDataset(data_root=str(pairs), ann_file='split.txt', focal_px=50, pipeline=[
        dict(type='LoadImageFromFile'), views])
    assert [view.metainfo['focal_px'] for view in dataset[0]['data_samples']] == [50, 100]
