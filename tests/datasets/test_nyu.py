"""NYU Depth v2 in BTS's folders: its lists, its rooms, and the mistakes that its two folders invite."""
import numpy as np
import pytest
from small_sets import write_nyu

from mmdepthcls.datasets import NYUDepthDataset

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
TRAIN, TEST = 'nyudepthv2_train_files_with_gt.txt', 'nyudepthv2_test_files_with_gt.txt'
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture(autouse=True)
def small_images(monkeypatch):
    """Its focal length is of larger ones."""
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)


@pytest.mark.parametrize('split, ann_file', [('train', TRAIN), ('test', TEST), ('train', ''), ('test', '')])
def test_lists_of_bts_and_folders(split, ann_file, tmp_path):
    write_nyu(tmp_path, 'train', ('study_0003', 'attic'))
    expected = write_nyu(tmp_path, split)
    dataset = NYUDepthDataset(split, str(tmp_path), ann_file, pipeline=LOAD)
    found = {sample['img_path']: sample for sample in dataset}
    assert set(expected) <= set(found) and len(found) == (8 if (split, ann_file) == ('train', '') else 4)
    for path, depth in expected.items():
        np.testing.assert_array_equal(found[path]['gt_depth_map'], depth.astype(np.float32))
        assert found[path]['focal_px'] == 518.8579
    assert dataset.expected_len == (654 if split == 'test' else None)


def test_rooms_and_lists_of_images_alone(tmp_path):
    expected = write_nyu(tmp_path)
    chosen = NYUDepthDataset(data_root=str(tmp_path), scenes=['kitchen_0028b'], pipeline=LOAD)
    assert len(chosen) == 2 and all('/kitchen_0028b/' in sample['img_path'] for sample in chosen)
    (tmp_path / 'mine.txt').write_text('bathroom_0001/rgb_00046.jpg\n')
    sample, = NYUDepthDataset(data_root=str(tmp_path), ann_file='mine.txt', pipeline=LOAD)
    np.testing.assert_array_equal(sample['gt_depth_map'], expected[sample['img_path']].astype(np.float32))


def test_the_focal_length_of_a_list_may_be_taken(tmp_path):
    write_nyu(tmp_path)
    path = tmp_path / TRAIN
    path.write_text(path.read_text().replace('518.8579', '20'))
    assert NYUDepthDataset(data_root=str(tmp_path), ann_file=TRAIN, focal_px='list')[0]['focal_px'] == 20


def test_mistakes(tmp_path):
    write_nyu(tmp_path)
    write_nyu(tmp_path, 'test', ('office_0008', ))
    with pytest.raises(FileNotFoundError, match=r"sync/office_0008.*split='train' looks into sync below data_root: for "
                                                "a list of the other one set split='test'"):
        NYUDepthDataset('train', str(tmp_path), TEST)
    with pytest.raises(ValueError, match=r"one of \('train', 'test'\), got 'val'.*hold rooms out"):
        NYUDepthDataset('val', str(tmp_path))
    with pytest.raises(FileNotFoundError, match=rf'There are such in {tmp_path}: set data_root='):
        NYUDepthDataset('train', str(tmp_path / 'sync'))
    with pytest.raises(FileNotFoundError, match='split file .*files_with_gt.txt does not exist'):
        NYUDepthDataset('train', str(tmp_path / 'sync'), TRAIN)
    with pytest.raises(FileNotFoundError, match=r"fits 'cellar' of the pattern sync/cellar/rgb_|sync/cellar/rgb_\*"):
        NYUDepthDataset('train', str(tmp_path), scenes=['cellar'])
