"""ARKitScenes: two resolutions of color, and a camera a frame."""
import numpy as np
import pytest
from small_sets import write_arkitscenes

from mmdepthcls.datasets import ARKitScenesDepthDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]


def test_large_color_and_the_tablet_s_depth(tmp_path, mmseg_scope):
    expected = write_arkitscenes(tmp_path)
    dataset = ARKitScenesDepthDataset(images='wide', data_root=str(tmp_path), resized='image', pipeline=LOAD)
    for sample in dataset:
        np.testing.assert_array_equal(sample['gt_depth_map'], expected[sample['img_path']].astype(np.float32))
        assert sample['focal_px'] == pytest.approx(208 / 8)
    assert len(dataset) == 4 and len(ARKitScenesDepthDataset(data_root=str(tmp_path), scenes=['40753686'])) == 2


def test_mistakes(tmp_path):
    write_arkitscenes(tmp_path)
    with pytest.raises(ValueError, match="expected a split of .'Training', 'Validation'.*got 'train', 'wide'"):
        ARKitScenesDepthDataset('train', 'wide', data_root=str(tmp_path))
    with pytest.raises(ValueError, match='which of the two is resized'):
        ARKitScenesDepthDataset(images='wide', data_root=str(tmp_path))
    with pytest.raises(FileNotFoundError, match='highres_depth/40753679_6791.516.png'):
        ARKitScenesDepthDataset(depth='highres_depth', data_root=str(tmp_path))
    camera = tmp_path / 'Training/40753679/lowres_wide_intrinsics/40753679_6791.516.pincam'
    camera.write_text('32 24 26\n')
    with pytest.raises(ValueError, match='6791.516.pincam, line 1: expected 6 numbers'):
        ARKitScenesDepthDataset(data_root=str(tmp_path))
    camera.unlink()
    samples = ARKitScenesDepthDataset(data_root=str(tmp_path)).load_data_list()
    assert ['focal_px' in sample for sample in samples] == [False, True, True, True]
