"""nuScenes by its tables: splits, cameras, parts of the data, and tables that do not fit."""
import json
import shutil

import numpy as np
import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS
from small_sets import write_nuscenes

from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.datasets import NuScenesDepthDataset
from mmdepthcls.datasets.nuscenes_split import MINI_VAL_SCENES, VAL_SCENES, scenes_of_split

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
MINI = ('scene-0061', 'scene-0103')


def load(root, **options):
    return NuScenesDepthDataset(data_root=str(root), **options).load_data_list()


def scenes(samples):
    return sorted({sample['scene'] for sample in samples})


def test_official_splits():
    assert len(VAL_SCENES) == 150 and len(MINI_VAL_SCENES) == 2
    names = ['scene-0001', 'scene-0003', 'scene-0103', 'scene-1073', 'scene-1110']
    assert scenes_of_split('train', names) == ['scene-0001', 'scene-1110']
    assert scenes_of_split('val', names) == ['scene-0003', 'scene-0103', 'scene-1073']
    assert scenes_of_split('mini_val', ['scene-0061', 'scene-0103']) == ['scene-0103']
    assert scenes_of_split('test', names) == names


def test_splits_cameras_and_versions(tmp_path, mmseg_scope):
    write_nuscenes(tmp_path)
    write_nuscenes(tmp_path, 'v1.0-mini', MINI)
    assert scenes(load(tmp_path)) == ['scene-0001'] and scenes(load(tmp_path, split='val')) == ['scene-0003']
    assert scenes(load(tmp_path, split='mini_train')) == ['scene-0061']
    assert scenes(load(tmp_path, split='mini_val', scenes=['scene-0103'])) == ['scene-0103']
    both = load(tmp_path, cameras_used=['CAM_FRONT', 'CAM_BACK'], scenes='scene-0001')
    assert [('CAM_BACK' in sample['img_path']) for sample in both] == [False, True] * 2
    assert not any('sweeps' in sample['depth_map_path'] for sample in both)
    dataset = DATASETS.build(dict(type='NuScenesDepthDataset', data_root=str(tmp_path), cameras_used='all',
                                  pipeline=LOAD))
    maps = [dataset[index]['gt_depth_map'] for index in range(2)]
    assert len(dataset) == 4 and not np.array_equal(*maps)
    projection = load(tmp_path, own_radius=0.0, nearest=2.0)[0]['depth_format'].projection
    assert (projection.own_radius, projection.nearest, projection.columns, projection.shape) == (0.0, 2.0, 5, (24, 32))


def test_only_a_part_of_the_archives(tmp_path):
    write_nuscenes(tmp_path, scenes=('scene-0001', 'scene-0002', 'scene-0004'))
    gone = next((tmp_path / 'samples/LIDAR_TOP').glob('*__1[01].pcd.bin'))
    gone.unlink()
    with pytest.raises(FileNotFoundError, match='1 of the 12 files of .*split train.*01_blobs.*whole_scenes=True'):
        load(tmp_path)
    assert scenes(load(tmp_path, whole_scenes=True)) == ['scene-0001', 'scene-0004']
    shutil.rmtree(tmp_path / 'samples/CAM_FRONT')
    with pytest.raises(ValueError, match='holds no sample'):
        load(tmp_path, whole_scenes=True)
    (tmp_path / 'samples/LIDAR_TOP/n015__LIDAR_TOP__0.pcd.bin').write_bytes(bytes(30))
    write_nuscenes(tmp_path)
    path = tmp_path / 'samples/LIDAR_TOP/n015__LIDAR_TOP__0.pcd.bin'
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match=r'LIDAR_TOP__0.pcd.bin: points of 5 float32 numbers .*truncated'):
        load(tmp_path)


@pytest.mark.parametrize('table, change, message', [
    ('scene', lambda rows: rows.clear(), r"scene.json: it has no row 'sc-scene-0001'"),
    ('ego_pose', lambda rows: rows.__delitem__(slice(None)), 'ego_pose.json: it has no row'),
    ('sample_data', lambda rows: rows[0].pop('token'), "sample_data.json: expected a table .*KeyError: 'token'"),
    ('sample_data', lambda rows: [row.update(filename='../../x.jpg') for row in rows], 'leaves the data root'),
    ('sample_data', lambda rows: [row.update(width=0) for row in rows], 'sensor.json, c-CAM_FRONT: expected'),
    ('calibrated_sensor', lambda rows: rows[0].update(camera_intrinsic=[]), 'c-CAM_FRONT: expected a camera_intrinsic'),
    ('calibrated_sensor', lambda rows: rows[0].update(rotation=[3, 0, 0, 0]), 'c-CAM_FRONT: expected a unit quatern')])
def test_tables_that_do_not_fit(table, change, message, tmp_path):
    write_nuscenes(tmp_path)
    path = tmp_path / f'v1.0-trainval/{table}.json'
    rows = json.loads(path.read_text())
    change(rows)
    path.write_text(json.dumps(rows))
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


@pytest.mark.parametrize('content', ['', '{"a": 1}', '[' * 100000, '[1, 2', 'null'])
def test_a_table_that_is_none(content, tmp_path):
    write_nuscenes(tmp_path)
    (tmp_path / 'v1.0-trainval/sample.json').write_text(content)
    with pytest.raises(ValueError, match='sample.json: expected a table of nuScenes'):
        load(tmp_path)


def test_the_doctor_looks_at_points_as_points(tmp_path):
    """Near and far ones side by side are no fault; none in the image is one."""
    write_nuscenes(tmp_path)
    cfg = Config(dict(model=dict(bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=16)),
                      train_dataloader=dict(dataset=dict(type='NuScenesDepthDataset', data_root=str(tmp_path),
                                                         pipeline=LOAD))))
    kinds = {finding.kind for finding in examine(cfg, workers=1, progress=False).findings}
    assert not kinds & {'interpolated depth', 'scan misses the image', 'damaged depth', 'no depth'}
    path = tmp_path / 'v1.0-trainval/calibrated_sensor.json'
    rows = json.loads(path.read_text())
    rows[0]['translation'] = [500.0, 0.0, 0.0]  # before all points, m
    path.write_text(json.dumps(rows))
    kinds = {finding.kind for finding in examine(cfg, workers=1, progress=False).findings}
    assert 'scan misses the image' in kinds


def test_mistakes(tmp_path):
    write_nuscenes(tmp_path / 'a/nuscenes')
    root = tmp_path / 'a/nuscenes'
    for options, message in ((dict(split='training'), r"split must be one of \('train', 'val', 'test', 'mini_train'"),
                             (dict(cameras_used='CAM_LEFT'), "cameras_used are of CAM_FRONT, .*'all'"),
                             (dict(scenes='scene-0003'), "no scene 'scene-0003' in this split; there are scene-0001"),
                             (dict(depth_format=dict(scale=1.0)), 'points need no depth_format')):
        with pytest.raises(ValueError, match=message):
            load(root, **options)
    for wrong in (tmp_path / 'a', root / 'samples'):
        with pytest.raises(FileNotFoundError, match=f"It is in {root}: set data_root='{root}'"):
            load(wrong)
    with pytest.raises(FileNotFoundError, match='v1.0-mini, .*Splits whose tables are there: train, val'):
        load(root, split='mini_val')
    with pytest.raises(FileNotFoundError, match='There is no folder nowhere'):
        load('nowhere')
    (root / 'v1.0-trainval/ego_pose.json').unlink()
    with pytest.raises(FileNotFoundError, match='the table .*ego_pose.json does not exist. .*v1.0-trainval_meta.tgz'):
        load(root)
