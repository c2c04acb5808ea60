"""The embedded dataset as written by its own writer."""
import cv2
import numpy as np
import pytest

from mmdepthcls.commands.minidrive.camera_setup import CameraSetup
from mmdepthcls.commands.minidrive.writer import make_minidrive
from mmdepthcls.datasets import MiniDriveDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]


@pytest.mark.parametrize('split, count', [('train', 4), ('val', 2), ('test', 3)])
@pytest.mark.parametrize('ground_truth, folder', [('dense', 'depth'), ('sparse', 'depth_sparse')])
def test_splits_and_ground_truths(minidrive, mmseg_scope, split, count, ground_truth, folder):
    dataset = MiniDriveDataset(split=split, ground_truth=ground_truth, data_root=minidrive, pipeline=LOAD)
    assert len(dataset) == count == dataset.expected_len
    sample = dataset[count - 1]
    name = f'{split}/{count - 1:06d}.png'
    assert sample['img_path'] == f'{minidrive}/image/{name}'
    units = cv2.imread(f'{minidrive}/{folder}/{name}', cv2.IMREAD_UNCHANGED)
    assert units.dtype == np.uint16 and units.max() > 0
    np.testing.assert_array_equal(sample['gt_depth_map'], units / 256)
    share = (units > 0).mean()
    assert 0.01 < share < 0.1 if ground_truth == 'sparse' else share > 0.3


def test_no_image_is_in_two_splits(minidrive):
    paths = [set() for _ in range(3)]
    for split, images in zip(('train', 'val', 'test'), paths, strict=True):
        dataset = MiniDriveDataset(split=split, data_root=minidrive)
        for index in range(len(dataset)):
            with open(dataset.get_data_info(index)['img_path'], 'rb') as file:
                images.add(file.read())
    assert [len(images) for images in paths] == [4, 2, 3] and len(set.union(*paths)) == 9


def test_the_focal_length_is_that_of_the_camera(minidrive, tmp_path):
    usual = MiniDriveDataset(data_root=minidrive)
    assert usual.focal_px(usual.get_data_info(0)) == pytest.approx(0.58 * 128)
    make_minidrive(tmp_path / 'zoomed', 1, 0, 0, 32, 64, workers=1, progress=False, camera=CameraSetup(focal=0.9))
    zoomed = MiniDriveDataset(data_root=str(tmp_path / 'zoomed'))
    assert zoomed.focal_px(zoomed.get_data_info(0)) == pytest.approx(0.9 * 64)


def test_errors(minidrive, tmp_path):
    with pytest.raises(FileNotFoundError, match=r'train.txt does not exist. Make .* python tools/make_minidrive.py'):
        MiniDriveDataset(data_root=str(tmp_path))
    with pytest.raises(ValueError, match="got 'training' and 'dense'"):
        MiniDriveDataset(split='training', data_root=minidrive)
    with pytest.raises(ValueError, match="got 'val' and 'lidar'"):
        MiniDriveDataset(split='val', ground_truth='lidar', data_root=minidrive)
