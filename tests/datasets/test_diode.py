"""DIODE: sides, and masks that are missing."""
import pytest
from small_sets import write_diode

from mmdepthcls.datasets import DIODEDepthDataset
from mmdepthcls.datasets.depth_format import DepthFormat


@pytest.fixture(autouse=True)
def small_images(monkeypatch):
    """Its focal length is of larger ones."""
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)


def paths(root, **options):
    return [sample['img_path'] for sample in DIODEDepthDataset(data_root=str(root), **options).load_data_list()]


def test_sides_and_scenes(tmp_path):
    write_diode(tmp_path)
    write_diode(tmp_path, 'val', ['outdoor'])  # the other has not been downloaded
    assert len(paths(tmp_path)) == 2 and len(paths(tmp_path, split='val')) == 1
    assert all('/indoors/' in path for path in paths(tmp_path, side='indoors'))
    assert ['/scene_00020/' in path for path in paths(tmp_path, scenes=['scene_00020'])] == [True]


def test_another_scale_leaves_the_masks(tmp_path):
    write_diode(tmp_path)
    sample = DIODEDepthDataset(data_root=str(tmp_path), depth_format=dict(scale=2.0)).load_data_list()[0]
    assert (sample['depth_format'].scale, sample['depth_format'].mask) == (2.0, '_mask')
    own = DepthFormat(scale=2.0)
    assert DIODEDepthDataset(data_root=str(tmp_path), depth_format=own).depth_format is own


def test_mistakes(tmp_path):
    write_diode(tmp_path)
    with pytest.raises(ValueError, match="split 'train' or 'val' and side 'indoors', 'outdoor' or None, got 'test'"):
        paths(tmp_path, split='test')
    with pytest.raises(FileNotFoundError, match=rf'There are such in {tmp_path}: set data_root'):
        paths(tmp_path / 'train')
    next(tmp_path.rglob('*outdoor*_depth_mask.npy')).unlink()
    with pytest.raises(ValueError, match='_depth.npy: its mask .*_depth_mask.npy does not exist'):
        paths(tmp_path)
