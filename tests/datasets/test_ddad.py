"""DDAD by its scene files: splits, cameras, and files that do not fit."""
import json

import pytest
from small_sets import write_ddad

from mmdepthcls.datasets import DDADDepthDataset


def load(root, **options):
    return DDADDepthDataset(data_root=str(root), **options).load_data_list()


def test_splits_scenes_and_cameras(tmp_path):
    write_ddad(tmp_path, scenes=(('000000', 0), ('000001', 0), ('000150', 1)))
    assert [sample['scene'] for sample in load(tmp_path)] == ['000000'] * 2 + ['000001'] * 2
    assert {sample['scene'] for sample in load(tmp_path, split='val')} == {'000150'}
    one = load(tmp_path, scenes=['000001'], cameras_used=('CAMERA_09', 'camera_01'))
    assert ['CAMERA_09' in sample['img_path'] for sample in one] == [True, False] * 2
    with pytest.raises(ValueError, match="a sample has no 'CAMERA_05'; there are CAMERA_01, CAMERA_09, LIDAR"):
        load(tmp_path, cameras_used='all')


@pytest.mark.parametrize('file, change, message', [
    ('ddad.json', lambda found: found.clear(), r'expected scene_splits.0.filenames'),
    ('ddad.json', lambda found: found['scene_splits']['0'].update(filenames=['../x.json']), 'leaves the data root'),
    ('000000/scene_def.json', lambda found: found['data'].clear(), 'expected a scene with samples, .*KeyError'),
    ('000000/scene_def.json', lambda found: found['samples'].append(3), 'expected a scene with samples, .*TypeError'),
    ('000000/scene_def.json', lambda found: found['data'][0]['datum']['point_cloud']['pose']['rotation'].update(qw=3.0),
     'LIDAR/100.npz: expected a unit quaternion'),
    ('000000/calibration/abc.json', lambda found: found['intrinsics'].pop(), 'expected names and intrinsics'),
    ('000000/calibration/abc.json', lambda found: found['intrinsics'][1].update(k1=0.1), 'the lens of CAMERA_01 bends'),
    ('000000/calibration/abc.json', lambda found: found['intrinsics'][1].update(fx=0.0), 'focal lengths and sizes')])
def test_files_that_do_not_fit(file, change, message, tmp_path):
    write_ddad(tmp_path)
    content = json.loads((tmp_path / file).read_text())
    change(content)
    (tmp_path / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        load(tmp_path)
    (tmp_path / file).write_text('[' * 100000)
    with pytest.raises(ValueError, match=f'{file}: expected .*RecursionError'):
        load(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(FileNotFoundError, match=f'{file}'):
        load(tmp_path)


def test_mistakes(tmp_path):
    root = tmp_path / 'DDAD/ddad_train_val'
    write_ddad(root)
    for options, message in ((dict(split='test'), r"split must be one of \('train', 'val'\), got 'test'"),
                             (dict(cameras_used='front'), "cameras_used are of CAMERA_01, .*'all'"),
                             (dict(scenes='000150'), "no scene '000150' in this split; there are 000000"),
                             (dict(ann_file='a.txt'), 'leave ann_file and depth_format out')):
        with pytest.raises(ValueError, match=message):
            load(root, **options)
    for wrong in (tmp_path / 'DDAD', root / '000000', tmp_path):
        with pytest.raises(FileNotFoundError, match=f"It is in {root}: set data_root='{root}'|holds DDAD"):
            load(wrong)
    (root / '000000/rgb/CAMERA_01/100.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 of the 4 files .*CAMERA_01/100.png'):
        load(root)
