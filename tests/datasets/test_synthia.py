"""SYNTHIA's layout, format and split."""
import numpy as np
import pytest

from mmdepthcls.datasets import SYNTHIADepthDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]


def numbers_of(dataset):
    return [int(dataset.get_data_info(index)['img_path'][-11:-4]) for index in range(len(dataset))]


@pytest.mark.parametrize('nested', [True, False], ids=['Depth/Depth', 'Depth'])
def test_both_layouts(tmp_path, builders, mmseg_scope, nested):
    root = builders.synthia(tmp_path, [0, 7], nested)
    dataset = SYNTHIADepthDataset(data_root=str(root), pipeline=LOAD)
    assert numbers_of(dataset) == [0, 7]
    sample = dataset[1]
    np.testing.assert_array_equal(sample['gt_depth_map'], (builders.units(7, valid=1) / 100).astype(np.float32))
    np.testing.assert_array_equal(sample['img'][..., ::-1], builders.image(7))


def test_every_centimetre_is_exact(tmp_path, builders, mmseg_scope):
    units = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    builders.write(tmp_path / 'RGB/0000000.png', builders.image(shape=units.shape))
    builders.write(tmp_path / 'Depth/Depth/0000000.png', np.stack([units] * 3, axis=-1))
    depth = SYNTHIADepthDataset(data_root=str(tmp_path), pipeline=LOAD)[0]['gt_depth_map']
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, (units / np.float64(100)).astype(np.float32))


def test_split_by_blocks(tmp_path):
    """All 9 400 file names, without their pixels: no block is in two splits, and the sizes are those documented."""
    (tmp_path / 'RGB').mkdir()
    (tmp_path / 'Depth/Depth').mkdir(parents=True)
    for number in range(9400):
        (tmp_path / f'RGB/{number:07d}.png').touch()
        (tmp_path / f'Depth/Depth/{number:07d}.png').touch()
    parts = {split: numbers_of(SYNTHIADepthDataset(split=split, data_root=str(tmp_path), verify=False))
             for split in ('train', 'val', 'test')}
    assert {split: len(numbers) for split, numbers in parts.items()} == dict(train=7600, val=900, test=900)
    assert sorted(sum(parts.values(), [])) == list(range(9400))
    owner = {}
    for split, numbers in parts.items():
        for number in numbers:
            assert owner.setdefault(number // 50, split) == split


@pytest.mark.parametrize('split, expected', [('train', [0, 49, 399, 500]), ('val', [400, 449]), ('test', [450, 499]),
                                             (None, [0, 49, 399, 400, 449, 450, 499, 500])])
def test_split_boundaries(tmp_path, builders, split, expected):
    root = builders.synthia(tmp_path, [0, 49, 399, 400, 449, 450, 499, 500])
    assert numbers_of(SYNTHIADepthDataset(split=split, data_root=str(root))) == expected


def test_errors(tmp_path, builders):
    root = builders.synthia(tmp_path, [0, 1])
    with pytest.raises(ValueError, match=r"split must be one of .*'train'.* or None, got 'trian'"):
        SYNTHIADepthDataset(split='trian', data_root=str(root))
    with pytest.raises(ValueError, match='RGB holds no sample with ground truth'):
        SYNTHIADepthDataset(split='val', data_root=str(root))
    builders.write(root / 'Depth/Depth/0000001.png', builders.units())
    with pytest.raises(ValueError, match=r'0000001.png: expected 3 channel\(s\) of depth, got 1'):
        SYNTHIADepthDataset(data_root=str(root))
    (root / 'Depth/Depth/0000001.png').unlink()
    with pytest.raises(FileNotFoundError, match='Depth/Depth/0000001.png'):
        SYNTHIADepthDataset(data_root=str(root))
    builders.write(root / 'RGB/street.png', builders.image())
    with pytest.raises(ValueError, match='street.png: expected a SYNTHIA file name'):
        SYNTHIADepthDataset(split='train', data_root=str(root))
    with pytest.raises(FileNotFoundError, match=r"data_prefix\['img_path'\] = .*nowhere/RGB"):
        SYNTHIADepthDataset(data_root=str(tmp_path / 'nowhere'))


def test_split_and_split_file_exclude_each_other(tmp_path):
    with pytest.raises(ValueError, match='give split or ann_file, not both'):
        SYNTHIADepthDataset(split='train', ann_file='mine.txt', data_root=str(tmp_path))
