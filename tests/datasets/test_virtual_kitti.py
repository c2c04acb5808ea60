"""Virtual KITTI 2: conditions, cameras, and archives that are not all there."""
import numpy as np
import pytest
from small_sets import write_virtual_kitti

from mmdepthcls.datasets import VirtualKITTIDepthDataset


def paths(root, **options):
    return [sample['img_path'] for sample in VirtualKITTIDepthDataset(data_root=str(root), **options).load_data_list()]


@pytest.mark.parametrize('options, number, part', [
    (dict(), 4, '/clone/frames/rgb/Camera_0/'), (dict(scenes=['Scene20']), 2, '/Scene20/'),
    (dict(conditions='fog', camera=1), 4, '/fog/frames/rgb/Camera_1/'), (dict(camera=[0, 1]), 8, '/clone/')])
def test_what_is_chosen(options, number, part, tmp_path):
    write_virtual_kitti(tmp_path)
    found = paths(tmp_path, **options)
    assert len(found) == number and all(part in path for path in found)


def test_cameras_of_their_own_and_the_published_one(tmp_path, monkeypatch):
    write_virtual_kitti(tmp_path, ['Scene01'], ['clone'])
    path = tmp_path / 'Scene01/clone/intrinsic.txt'
    header = path.read_text().partition('\n')[0]
    path.write_text(f'{header}\n0 0 20 20 15 11\n0 1 24 24 15 11\n')
    dataset = VirtualKITTIDepthDataset(data_root=str(tmp_path), camera=(0, 1))
    assert {sample['img_path'].split('/')[-2]: sample['focal_px'] for sample in dataset.load_data_list()} == {
        'Camera_0': 20.0, 'Camera_1': 24.0}
    for text, message in ((f'{header}\n0 0 20 20 15\n', 'line 2: expected 6 numbers'),
                          (f'{header}\n0 1 20 20 15 11\n', r'one focal length of camera 0, got \[\]'),
                          (f'{header}\n0 0 20 20 15 11\n1 0 30 30 15 11\n', r'of camera 0, got \[20.0, 30.0\]'),
                          (f'{header}\n0 0 -20 20 15 11\n', 'expected focal lengths in pixels, got -20 and 20')):
        path.write_text(text)
        with pytest.raises(ValueError, match=f'intrinsic.txt.*{message}'):
            paths(tmp_path)
    path.unlink()
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)
    assert {sample['focal_px'] for sample in VirtualKITTIDepthDataset(data_root=str(tmp_path)).load_data_list()} == {
        725.0087}


def test_archives_in_folders_of_their_names(tmp_path, mmseg_scope):
    """As many unpack them: each file is in that of its archive."""
    depths = write_virtual_kitti(tmp_path / 'whole')
    for path in (tmp_path / 'whole').rglob('*.*'):
        kind = 'textgt' if path.suffix == '.txt' else 'rgb' if path.suffix == '.jpg' else 'depth'
        place = tmp_path / f'apart/vkitti_2.0.3_{kind}' / path.relative_to(tmp_path / 'whole')
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    dataset = VirtualKITTIDepthDataset(data_root=str(tmp_path / 'apart'), scenes=['Scene20'], camera=(0, 1), pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    assert len(dataset) == 4
    for sample in (dataset[0], dataset[3]):
        truth = depths[sample['img_path'].replace('apart/vkitti_2.0.3_rgb', 'whole')]
        np.testing.assert_array_equal(sample['gt_depth_map'], truth.astype(np.float32))
        assert sample['focal_px'] == 24.0
    with pytest.raises(FileNotFoundError, match='vkitti_2.0.3_rgb/Scene7.* holds Scene01, Scene20'):
        paths(tmp_path / 'apart', scenes=['Scene7'])


def test_mistakes(tmp_path):
    write_virtual_kitti(tmp_path)
    with pytest.raises(ValueError, match="conditions are of clone, 15-deg-left, .*got .'foggy'"):
        paths(tmp_path, conditions=['clone', 'foggy'])
    with pytest.raises(ValueError, match='camera must be 0 .left., 1 .right. or .0, 1., got 2'):
        paths(tmp_path, camera=2)
    with pytest.raises(FileNotFoundError, match=r"fits 'rain' of the pattern .*Scene01 holds clone, fog"):
        paths(tmp_path, conditions=['clone', 'rain'])
    for path in tmp_path.glob('Scene*/*/frames/depth'):
        path.rename(path.with_name('elsewhere'))
    with pytest.raises(FileNotFoundError, match='Unpack the archives of rgb and depth into one folder'):
        paths(tmp_path)
