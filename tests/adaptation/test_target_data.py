"""Data sets around others: pseudo-labels in place of ground truth, a share of a source; crops that seek rare depths."""
import numpy as np
import pytest
from mmseg.registry import DATASETS, TRANSFORMS

from mmdepthcls.adaptation import DatasetShare, PseudoLabelDataset
from mmdepthcls.adaptation.pseudo_label_files import label_names, write_label
from mmdepthcls.adaptation.target_data import image_paths, leaf_of

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
pytestmark = pytest.mark.usefixtures('mmseg_scope')


def folder_cfg(root, **changes):
    return dict(dict(type='DepthFolderDataset', data_root=str(root), images_only=True, pipeline=PIPELINE,
                     data_prefix=dict(img_path='image', depth_map_path='nowhere')), **changes)


@pytest.fixture
def target(tmp_path, builders):
    """Config of two folders of images in one, and labels of all of them."""
    for name in ('a', 'b'):
        builders.pairs(tmp_path / name)
    cfg = dict(type='ConcatDataset', datasets=[folder_cfg(tmp_path / name) for name in ('a', 'b')])
    for number, name in enumerate(label_names(image_paths(DATASETS.build(cfg)))):
        depth = np.full(builders.size, 2.0 + number, np.float32)
        write_label(tmp_path / 'labels', name, depth, np.zeros(depth.shape, np.uint16), 4096)
    return cfg


def test_pseudo_labels_stand_where_ground_truth_would(target, tmp_path):
    dataset = PseudoLabelDataset(target, str(tmp_path / 'labels'), [(1.0, 3.0)])
    depths = [dataset[index]['data_samples'].gt_depth_map.data.unique().tolist() for index in range(len(dataset))]
    assert depths == [[2.0 + number] for number in range(6)]
    info = dataset.get_data_info(4)
    assert info['rare_depths'] == [(1.0, 3.0)] and info['depth_name'] == 'pseudo'
    assert leaf_of(dataset.dataset, 4).data_root == str(tmp_path / 'b') and dataset.metainfo['classes'] == ('depth', )


def test_missing_labels_and_pipelines_without_them_are_named(target, tmp_path):
    for leaf in target['datasets']:
        leaf['pipeline'] = [PIPELINE[0], PIPELINE[2]]
    with pytest.raises(ValueError, match='0.png: the pipeline .* has not loaded its pseudo-label. Put LoadDepth'):
        PseudoLabelDataset(target, str(tmp_path / 'labels'))[0]
    (tmp_path / 'labels/depth/b/image/1.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 of 6 images have no label in .*b/image/1.png'):
        PseudoLabelDataset(target, str(tmp_path / 'labels'))


def test_images_alone_need_no_depth_and_take_none_for_an_image(tmp_path, builders):
    root = builders.pairs(tmp_path / 'mixed')
    for number in range(3):
        (root / f'depth/{number}.png').rename(root / f'image/{number}_depth.png')
        (root / f'image/{number}.png').rename(root / f'image/{number}_rgb.png')
    cfg = folder_cfg(root, data_prefix=dict(img_path='image', depth_map_path='image'), replace=[('rgb', 'depth')])
    assert [path.rpartition('/')[2] for path in image_paths(DATASETS.build(cfg))] == [
        '0_rgb.png', '1_rgb.png', '2_rgb.png']


def test_a_share_is_drawn_once_and_nested(target):
    inner = DATASETS.build(target)
    parts = [DatasetShare(inner, share, 3).indices for share in (0.01, 0.34, 0.5, 1.0)]
    assert [len(part) for part in parts] == [1, 2, 3, 6]
    assert all(set(one) < set(other) for one, other in zip(parts, parts[1:], strict=False))
    share = DatasetShare(target, 0.5, 3)
    assert len(share) == 3 and image_paths(share) == [image_paths(inner)[index] for index in parts[2]]
    assert share[1]['data_samples'].img_path == image_paths(share)[1]
    assert any(DatasetShare(inner, 0.5, seed).indices != parts[2] for seed in range(5))
    with pytest.raises(ValueError, match='share'):
        DatasetShare(inner, 0)


def crop(depth, rare, prob=1.0, size=(4, 6)):
    image = np.zeros((*depth.shape, 3), np.uint8)
    results = dict(img=image, gt_depth_map=depth, seg_fields=['gt_depth_map'], rare_depths=rare)
    return TRANSFORMS.build(dict(type='RareDepthCrop', crop_size=size, prob=prob))(results)


def test_crops_look_for_rare_depths_and_stay_inside():
    depth = np.full((20, 30), 5.0, np.float32)
    depth[0, 29], depth[10, 15] = 50.0, 70.0
    found = set()
    for _ in range(30):
        result = crop(depth.copy(), [(40.0, 60.0), (60.0, 1e6), (90.0, 99.0)])
        found |= set(result['gt_depth_map'].ravel().tolist())
        top, left, height, width = result['crop_box']
        assert (height, width) == result['img'].shape[:2] == (4, 6) and 0 <= top <= 16 and 0 <= left <= 24
        assert {50.0, 70.0} & set(result['gt_depth_map'].ravel().tolist())
    assert found == {5.0, 50.0, 70.0}
    assert crop(depth.copy(), [(60.0, 1e6)])['crop_box'][:2] == (8, 12)


def test_crops_without_rare_depths_are_random_and_larger_ones_padded():
    depth = np.full((20, 30), 5.0, np.float32)
    assert len({crop(depth.copy(), [])['crop_box'] for _ in range(20)}) > 5
    result = crop(depth.copy(), [(1.0, 9.0)], size=(24, 30))
    assert result['gt_depth_map'].shape == (24, 30) and (result['gt_depth_map'] == 0).sum() == 4 * 30
    for wrong in (dict(crop_size=(0, 1)), dict(crop_size=(1, 1), prob=2)):
        with pytest.raises(ValueError, match='RareDepthCrop'):
            TRANSFORMS.build(dict(type='RareDepthCrop', **wrong))
