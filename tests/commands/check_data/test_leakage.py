"""The shipped configs leak nothing where the data are right; what leaks is one finding with a number."""
import os
import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from mmdepthcls.commands.check_data import report
from mmdepthcls.commands.check_data.doctor import examine
from mmdepthcls.datasets import eigen
from mmdepthcls.datasets.synthia_split import part_of

CONFIGS = Path(__file__).parents[3] / 'configs'
KITTI = sorted(path.name for path in CONFIGS.glob('*_kitti_*.py') if 'synthia' not in path.name)
# One of each way to divide KITTI; the others have the data of the first.
DIVIDED = ('deeplabv2_r101_kitti_sid71.py', 'deeplabv2_r18_kitti_frames_sid71.py', 'adabins_r101_kitti.py')
SYNTHIA = sorted(path.name for path in CONFIGS.glob('*_synthia_*.py') if 'kitti' not in path.name)
BOTH = sorted(path.name for path in CONFIGS.glob('*kitti*.py') if 'synthia' in path.name)


@pytest.fixture
def eigen_tree(tmp_path, monkeypatch, builders):
    """All drives of the Eigen split with 12 frames each and one test frame each, as KITTI lays them out."""
    train, test = ([dict(row) for row in eigen._rows(f'eigen_{name}.csv')] for name in ('train_drives', 'test_frames'))
    for row in train:
        row['num_frames'] = '12'
    test = list({row['drive']: row for row in test}.values())
    monkeypatch.setattr(eigen, '_rows', lambda filename: train if 'train' in filename else test)
    frames = {row['drive']: range(12) for row in train} | {row['drive']: [int(row['frame'])] for row in test}
    for number, (drive, numbers) in enumerate(frames.items()):
        for frame in numbers:
            stem, day = f'{frame:010d}', tmp_path / 'raw' / drive[:10]
            image = f'{drive}_sync/image_02/data/{stem}.png'
            builders.write(day / image, builders.image(10**5 + 100 * number + frame))  # none that SYNTHIA's has
            builders.write(day / f'{drive}_sync/velodyne_points/data/{stem}.bin', builders.scan(frame, 50).tobytes())
            if frame in (5, 6) or len(numbers) == 1:
                builders.write(tmp_path / f'annotated/train/{drive}_sync/proj_depth/groundtruth/image_02/{stem}.png',
                               builders.units(100 * number + frame))
    monkeypatch.setenv('KITTI_ROOT', str(tmp_path))
    return tmp_path


def leaks(cfg, **options):
    findings = examine(cfg, workers=1, progress=False, **options).findings
    return [f for f in findings if f.kind.startswith('leakage') and f.level != 'note'], findings


@pytest.mark.parametrize('name', [name if name in DIVIDED else pytest.param(name, marks=pytest.mark.long)
                                  for name in KITTI])
def test_a_kitti_config_leaks_nothing_where_the_data_are_right(name, eigen_tree):
    found, findings = leaks(Config.fromfile(CONFIGS / name))
    assert not found and not [f for f in findings if f.kind == 'missing file']
    watching = [f for f in findings if f.kind == 'validation watches the training']
    held_out = 'deeplabv2_r101' not in name or 'frames' in name
    assert [f.level for f in watching] == ([] if held_out else ['note'])


@pytest.mark.parametrize('name', SYNTHIA)
def test_a_synthia_config_leaks_nothing_where_the_data_are_right(name, builders, tmp_path, monkeypatch):
    numbers = range(0, 600, 25)
    assert {part_of(number) for number in numbers} == {'train', 'val', 'test'}
    monkeypatch.setenv('SYNTHIA_ROOT', str(builders.synthia(tmp_path, numbers)))
    assert not leaks(Config.fromfile(CONFIGS / name))[0]


@pytest.mark.long
@pytest.mark.parametrize('name', BOTH)
def test_a_config_of_both_leaks_nothing_where_the_data_are_right(name, eigen_tree, builders, tmp_path, monkeypatch):
    monkeypatch.setenv('SYNTHIA_ROOT', str(builders.synthia(tmp_path / 'synthia', range(0, 600, 25))))
    found, findings = leaks(Config.fromfile(CONFIGS / name))
    assert not found and not [f for f in findings if f.kind == 'missing file']


def test_absent_files_are_missing_once_and_leak_nothing(eigen_tree):
    shutil.rmtree(eigen_tree / 'raw')
    cfg = Config.fromfile(CONFIGS / 'deeplabv2_r101_kitti_sid71.py')
    cfg.test_dataloader.dataset.split = 'train'
    found, findings = leaks(cfg)
    missing = [f for f in findings if f.level == 'error']
    assert not found and [f.kind for f in missing] == ['missing file'] and missing[0].split == 'train, val, test'
    # Images and scans, and what they lie in is named; the depth maps are there and are not read.
    assert len(missing[0].files) == 2 * 33 * 12 and f'the folder {eigen_tree / "raw"} does not exist' in missing[0].seen


def test_training_frames_in_the_test_are_one_error_with_their_number(eigen_tree):
    cfg = Config.fromfile(CONFIGS / 'deeplabv2_r101_kitti_sid71.py')
    cfg.test_dataloader.dataset.split = 'val'
    examination = examine(cfg, workers=1, progress=False)
    by_kind = {f.kind: f for f in examination.findings if f.kind.startswith('leakage')}
    assert set(by_kind) == {'leakage: train sample in test', 'leakage: drive of train in test'}
    assert all(f.level == 'error' and f.split == 'train, test' for f in by_kind.values())
    assert len(by_kind['leakage: train sample in test'].files) == 48
    assert len(by_kind['leakage: drive of train in test'].files) == len(eigen.VAL_DRIVES) == 4
    assert 'train sample in test (48)' in report.findings_text(examination)


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('change', ['other frame', 'other folder', 'other ending'])
def test_a_frame_of_a_training_drive_in_the_test_is_found(change, eigen_tree, builders):
    """Neighboring frames show the same; so does one frame in another folder, or compressed anew."""
    drive = '2011_09_26_drive_0001'
    source = eigen_tree / f'raw/2011_09_26/{drive}_sync/image_02/data/0000000003.png'
    folder = eigen_tree / ('elsewhere' if change == 'other folder' else '')
    target = folder / f'raw/2011_09_26/{drive}_sync/image_02/data' / (
        '0000000099.png' if change == 'other frame' else '0000000003.jpg' if change == 'other ending' else source.name)
    if change == 'other ending':
        import cv2
        cv2.imwrite(str(target), cv2.imread(str(source)))
    else:
        builders.write(target, builders.image(5000))
    (eigen_tree / 'list.txt').write_text(os.path.relpath(target, eigen_tree) + ' None\n')
    cfg = Config.fromfile(CONFIGS / 'segformer_mit-b0_kitti_sid71.py')
    cfg.test_dataloader.dataset = dict(type='DepthFolderDataset', data_root=str(eigen_tree), ann_file='list.txt',
                                       test_mode=True)
    found, _ = leaks(cfg)
    assert [(f.kind, f.level, f.path) for f in found if 'drive' in f.kind] == [
        ('leakage: drive of train in test', 'error', drive)]


def test_a_config_says_that_it_scores_what_it_trains_on(minidrive):
    data = dict(type='MiniDriveDataset', data_root=minidrive, split='train')
    loaders = dict(train_dataloader=dict(dataset=data), test_dataloader=dict(dataset=data))
    found, _ = leaks(Config(loaders))
    assert [(f.level, len(f.files)) for f in found] == [('error', 4)]
    assert not leaks(Config(dict(loaders, check_data=dict(allow_leakage=True))))[0]
    with pytest.raises(ValueError, match='allow_leakage'):
        leaks(Config(dict(loaders, check_data=dict(alow_leakage=True))))
