"""Cityscapes: the camera of each image makes its disparity depth, and without it there is none."""
import json

import pytest
from small_sets import write_cityscapes

from mmdepthcls.datasets import CityscapesDepthDataset


def load(root, **options):
    return CityscapesDepthDataset(data_root=str(root), **options).load_data_list()


def test_each_image_has_its_camera(tmp_path):
    write_cityscapes(tmp_path)
    aachen, bonn = load(tmp_path)
    assert aachen['depth_format'].focal_baseline == 40.0 * 0.209313
    assert bonn['depth_format'].focal_baseline == 41.0 * (0.209313 + 0.01)
    assert aachen['focal_px'] == pytest.approx((40.0 * 42.0)**0.5) and bonn['focal_px'] > aachen['focal_px']
    only, = load(tmp_path, scenes=['bonn'])
    assert only['img_path'] == bonn['img_path']
    (tmp_path / 'mine.txt').write_text('leftImg8bit/train/bonn/bonn_000000_000019_leftImg8bit.png\n')
    assert load(tmp_path, ann_file='mine.txt')[0]['depth_format'] == bonn['depth_format']


def test_mistakes(tmp_path):
    write_cityscapes(tmp_path)
    camera = tmp_path / 'camera/train/bonn/bonn_000000_000019_camera.json'
    good = json.loads(camera.read_text())
    for content, message in (('[]', 'TypeError'), ('{', 'JSONDecodeError'), ('[' * 100000, 'RecursionError'),
                             (json.dumps(dict(good, extrinsic={})), "KeyError: 'baseline'"),
                             (json.dumps(dict(good, extrinsic=dict(baseline=0))), 'a baseline greater than 0'),
                             (json.dumps(dict(good, intrinsic=dict(fx='far', fy=1))), 'ValueError')):
        camera.write_text(content)
        with pytest.raises(ValueError, match=f'bonn_000000_000019_camera.json: expected .*{message}'):
            load(tmp_path)
    camera.unlink()
    with pytest.raises(FileNotFoundError, match='the camera file .*bonn_000000_000019_camera.json does not exist, and '
                                                'without it disparity is no depth. Unpack camera_trainvaltest.zip'):
        load(tmp_path)
    with pytest.raises(ValueError, match=r"one of \('train', 'val', 'test', 'train_extra'\), got 'fine'"):
        load(tmp_path, split='fine')
    with pytest.raises(FileNotFoundError, match=r'no image leftImg8bit/val/\*/\*_leftImg8bit.png'):
        load(tmp_path, split='val')
    write_cityscapes(tmp_path, 'val')
    (tmp_path / 'disparity/val/bonn/bonn_000000_000019_disparity.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 of the 6 files .*It is in disparity_trainvaltest.zip'):
        load(tmp_path, split='val')
