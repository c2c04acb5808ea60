"""ScanNet, whose depth is smaller than its color: an opt-in key says which of the two is resized."""
import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmseg.registry import TRANSFORMS
from small_sets import SHAPE, write_scannet

from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.datasets import ScanNetDepthDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
pytestmark = pytest.mark.usefixtures('mmseg_scope')


def test_the_image_is_resized(tmp_path):
    """Depth is as it was measured, and the focal length is of the smaller image."""
    expected = write_scannet(tmp_path)
    dataset = ScanNetDepthDataset(str(tmp_path), resized='image', pipeline=LOAD)
    assert len(dataset) == 4 and dataset.get_data_info(0)['focal_px'] == 50.0
    for sample in dataset:
        np.testing.assert_array_equal(sample['gt_depth_map'], expected[sample['img_path']].astype(np.float32))
        image = cv2.imread(sample['img_path']).astype(int)
        halved = (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4
        assert np.abs(sample['img'] - halved).max() <= 1
        assert sample['ori_shape'] == sample['img_shape'] == SHAPE and sample['focal_px'] == pytest.approx(25.0)


def test_the_depth_is_resized(tmp_path):
    """Each pixel four times, and no other number."""
    expected = write_scannet(tmp_path)
    for sample in ScanNetDepthDataset(str(tmp_path), resized='depth', pipeline=LOAD):
        truth = expected[sample['img_path']].astype(np.float32)
        np.testing.assert_array_equal(sample['gt_depth_map'], truth.repeat(2, axis=0).repeat(2, axis=1))
        assert sample['img_shape'] == (48, 64) and sample['focal_px'] == 50.0


def test_in_a_test_pipeline_the_prediction_is_compared_at_the_size_of_the_depth(tmp_path):
    """The image has been resized before; its own size stays what the network sees."""
    write_scannet(tmp_path)
    steps = [LOAD[0], dict(type='Resize', scale=(32, 16), keep_ratio=False), LOAD[1]]
    sample = ScanNetDepthDataset(str(tmp_path), resized='image', test_mode=True, pipeline=steps)[0]
    assert (sample['img'].shape[:2], sample['img_shape'], sample['ori_shape']) == ((16, 32), (16, 32), SHAPE)
    assert sample['scale_factor'] == (1.0, 16 / 24) and sample['gt_depth_map'].shape == SHAPE


def test_the_doctor_resizes_too(tmp_path):
    write_scannet(tmp_path)
    for resized, wrong in ((None, 4), ('image', 0), ('depth', 0)):
        dataset = dict(type='ScanNetDepthDataset', data_root=str(tmp_path), resized=resized, pipeline=LOAD)
        found = examine(Config(dict(train_dataloader=dict(dataset=dataset))), workers=1, progress=False)
        mismatches = [finding for finding in found.findings if finding.kind == 'size mismatch']
        assert len(mismatches) == wrong
        assert all("resized='image' or 'depth'" in finding.remedy for finding in mismatches)


def test_lists_of_scenes_and_missing_cameras(tmp_path):
    write_scannet(tmp_path)
    dataset = ScanNetDepthDataset(str(tmp_path), resized='image', scenes='scannetv2_train.txt')
    assert {sample['img_path'].split('/')[-3] for sample in dataset.load_data_list()} == {'scene0000_00'}
    camera = tmp_path / 'scene0000_00/intrinsic/intrinsic_color.txt'
    camera.write_text('1 2 3\n4 5\n')
    with pytest.raises(ValueError, match='intrinsic_color.txt, line 2: expected 3 numbers'):
        ScanNetDepthDataset(str(tmp_path), resized='image')
    camera.unlink()
    dataset = ScanNetDepthDataset(str(tmp_path), resized='image')
    assert ['focal_px' in sample for sample in dataset.load_data_list()] == [False, False, True, True]


def test_mistakes(tmp_path, builders):
    write_scannet(tmp_path)
    with pytest.raises(ValueError, match=r"depth has 24 x 32 pixels, but its image .*/color/0.jpg has 48 x 64. .*which "
                                         r"of the two is resized: resized='image' or 'depth'"):
        ScanNetDepthDataset(str(tmp_path))
    with pytest.raises(ValueError, match="resized must be 'image' or 'depth' .*got 'color'"):
        ScanNetDepthDataset(str(tmp_path), resized='color')
    builders.write(tmp_path / 'scene0000_00/depth/1.png', builders.units(0, (24, 30)))
    with pytest.raises(ValueError, match='depth/1.png: depth has 24 x 30 pixels, its image .* has 48 x 64: one is no '
                                         'resized other, but a crop or turned'):
        ScanNetDepthDataset(str(tmp_path), resized='image')
    cropped = dict(img=np.zeros((10, 10, 3), np.uint8), ori_shape=(10, 10), full_shape=(48, 64), resized='image',
                   depth_map_path=str(tmp_path / 'scene0000_00/depth/0.png'))
    with pytest.raises(ValueError, match='Put LoadDepth before the crop'):
        TRANSFORMS.build(LOAD[1])(cropped)
