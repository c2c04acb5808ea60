"""Loading of depth into a sample."""
import numpy as np
import pytest

from mmdepthcls.datasets.depth_file import DepthFormat
from mmdepthcls.datasets.files.depth_png import DepthFileError
from mmdepthcls.datasets.transforms import LoadDepth, LoadVelodyneDepth
from mmdepthcls.datasets.velodyne import project_velodyne, read_calibration


@pytest.fixture
def depth_path(tmp_path, builders):
    return str(builders.write(tmp_path / 'depth.png', builders.units(3)))


def test_metres(depth_path, builders):
    results = LoadDepth()(dict(depth_map_path=depth_path))
    assert results['gt_depth_map'].dtype == np.float32
    np.testing.assert_array_equal(results['gt_depth_map'], builders.units(3) / 256)
    assert results['seg_fields'] == ['gt_depth_map']


@pytest.mark.parametrize('transform, results', [
    (LoadDepth(), dict(img_path='a.png', depth_map_path=None)),
    (LoadDepth(), dict(img_path='a.png')),
    (LoadDepth(), dict(velodyne_path='a.bin')),
    (LoadVelodyneDepth(), dict(depth_map_path='a.png')),
    (LoadVelodyneDepth(), dict(velodyne_path=None)),
])
def test_no_op_where_there_is_no_depth(transform, results):
    assert transform(dict(results)) == results


def test_scale_of_the_sample_comes_before_that_of_the_transform(depth_path, builders):
    units = builders.units(3)
    for transform, sample, scale in ((LoadDepth(), {}, 256), (LoadDepth(scale=100.0), {}, 100),
                                     (LoadDepth(scale=100.0), dict(depth_format=DepthFormat(scale=1000.0)), 1000)):
        depth = transform(dict(depth_map_path=depth_path, **sample))['gt_depth_map']
        np.testing.assert_array_equal(depth, (units / np.float64(scale)).astype(np.float32))


def test_channels_of_the_sample_come_before_those_of_the_transform(tmp_path, builders):
    units = np.stack([builders.units(seed) for seed in range(3)], axis=-1)
    path = str(builders.write(tmp_path / 'three.png', units))
    for transform, sample in ((LoadDepth(channels=3), {}), (LoadDepth(), dict(depth_format=DepthFormat(channels=3)))):
        depth = transform(dict(depth_map_path=path, **sample))['gt_depth_map']
        np.testing.assert_array_equal(depth, builders.units(0) / 256)
    with pytest.raises(DepthFileError, match=r'three.png: expected 1 channel\(s\)'):
        LoadDepth()(dict(depth_map_path=path))


def test_loading_twice_names_the_field_once(depth_path):
    results = LoadDepth()(LoadDepth()(dict(depth_map_path=depth_path, seg_fields=['other'])))
    assert results['seg_fields'] == ['other', 'gt_depth_map']


def test_ground_truth_stays_as_it_is_on_disk_after_resize(pairs, builders, mmseg_scope):
    """MMSeg's test pipelines resize the image first: depth is compared with the original shape."""
    from mmseg.registry import TRANSFORMS
    results = dict(img_path=str(pairs / 'image/1.png'), depth_map_path=str(pairs / 'depth/1.png'), seg_fields=[])
    for step in (dict(type='LoadImageFromFile'), dict(type='Resize', scale=(32, 10), keep_ratio=False),
                 dict(type='LoadDepth')):
        results = TRANSFORMS.build(step)(results)
    assert results['img'].shape == (10, 32, 3)
    np.testing.assert_array_equal(results['gt_depth_map'], builders.units(1) / 256)


def test_another_size_names_both_files(depth_path, builders):
    height, width = builders.size
    with pytest.raises(DepthFileError, match=f'depth.png: depth has {height} x {width} pixels, but its image '
                                             f'street.png has {height} x {width + 1}'):
        LoadDepth()(dict(depth_map_path=depth_path, img_path='street.png', ori_shape=(height, width + 1, 3)))


def test_ground_truth_of_the_whole_frame_after_kb_crop(tmp_path, builders, mmseg_scope):
    from mmseg.registry import TRANSFORMS
    units = builders.units(0, (375, 1242))
    results = dict(img_path=str(builders.write(tmp_path / 'a.png', builders.image(0, (375, 1242)))),
                   depth_map_path=str(builders.write(tmp_path / 'b.png', units)))
    for step in ('LoadImageFromFile', 'KBCrop', 'LoadDepth'):
        results = TRANSFORMS.build(dict(type=step))(results)
    assert results['img'].shape == (352, 1216, 3)
    np.testing.assert_array_equal(results['gt_depth_map'], units / 256)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.png'):
        LoadDepth()(dict(depth_map_path=str(tmp_path / 'nowhere.png')))


@pytest.mark.parametrize('convention', ['kitti', 'monodepth'])
@pytest.mark.parametrize('camera', [2, 3])
def test_velodyne(tmp_path, builders, convention, camera):
    day = builders.kitti(tmp_path, frames=(5, )) / 'raw/2011_09_26'
    scan = next(day.rglob('*.bin'))
    results = LoadVelodyneDepth(convention)(dict(
        velodyne_path=str(scan), calibration_folder=str(day), camera=camera, ori_shape=(*builders.size, 3)))
    expected = project_velodyne(builders.scan(5), read_calibration(str(day), camera), builders.size, convention)
    assert (expected > 0).any() and results['seg_fields'] == ['gt_depth_map']
    np.testing.assert_array_equal(results['gt_depth_map'], expected)


def test_a_bad_scan_and_an_unknown_convention(tmp_path, builders):
    day = builders.kitti(tmp_path, frames=(5, )) / 'raw/2011_09_26'
    scan = builders.write(tmp_path / 'short.bin', b'123')
    with pytest.raises(ValueError, match='short.bin: a LiDAR scan'):
        LoadVelodyneDepth()(dict(velodyne_path=str(scan), calibration_folder=str(day), camera=2, ori_shape=(4, 4)))
    with pytest.raises(ValueError, match="convention must be one of .*got 'eigen'"):
        LoadVelodyneDepth('eigen')


def test_repr():
    assert repr(LoadDepth(scale=100.0, channels=3)).startswith('LoadDepth(DepthFormat(scale=100.0, channels=3,')
    assert repr(LoadVelodyneDepth('monodepth')) == "LoadVelodyneDepth(convention='monodepth')"
