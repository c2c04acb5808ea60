"""Scans written as depth PNGs."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmdepthcls.commands.prepare.kitti_projection import (
    estimate_projection,
    plan_projection,
    project_kitti,
)
from mmdepthcls.datasets.files import depth_png
from mmdepthcls.datasets.files.image_header import probe_image
from mmdepthcls.datasets.velodyne import project_velodyne, read_calibration

DRIVE, OTHER = '2011_09_26_drive_0001', '2011_09_26_drive_0009'
FRAMES = [(DRIVE, 0), (DRIVE, 5), (DRIVE, 6), (OTHER, 6), (OTHER, 11)]


def png_of(out, drive, frame, camera=2):
    return Path(out) / f'train/{drive}_sync/proj_depth/velodyne_raw/image_{camera:02d}/{frame:010d}.png'


def project(root, out=None, workers=1, min_coverage=0.01, **kwargs):
    return project_kitti(plan_projection(root, out, **kwargs), workers, min_coverage, progress=False)


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.parametrize('convention, folder', [('kitti', 'projected'), ('monodepth', 'projected_monodepth')])
@pytest.mark.parametrize('camera', [2, 3])
def test_every_frame_is_the_projection_of_its_scan(kitti, builders, convention, folder, camera):
    assert project(kitti, convention=convention, cameras=[camera]) == (5, 0, [])
    calibration = read_calibration(str(kitti / 'raw/2011_09_26'), camera)
    for drive, frame in FRAMES:
        expected = project_velodyne(builders.scan(frame), calibration, builders.size, convention)
        stored = cv2.imread(str(png_of(kitti / folder, drive, frame, camera)), cv2.IMREAD_UNCHANGED)
        assert stored.dtype == np.uint16 and np.abs(stored / 256 - expected).max() <= 1 / 512
        np.testing.assert_array_equal(stored > 0, expected > 0)
    assert len(files_below(kitti / folder)) == 6


def test_the_dataset_reads_them(kitti, mmseg_scope):
    from mmdepthcls.datasets import KITTIDepthDataset
    project(kitti)
    load = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth')]
    png, scan = (KITTIDepthDataset(data_root=str(kitti), ground_truth=truth, pipeline=load, test_mode=True,
                                   data_prefix=dict(img_path='raw', depth_map_path='projected'))
                 for truth in ('velodyne_png', 'velodyne'))
    samples = [(a['gt_depth_map'], b['gt_depth_map']) for a, b in zip(png, scan, strict=True) if 'gt_depth_map' in a]
    assert len(samples) == 5 and all(np.abs(a - b).max() <= 1 / 512 and a.any() for a, b in samples)


def test_many_processes_write_the_same_bytes_as_one(kitti, tmp_path):
    assert project(kitti, tmp_path / 'one', cameras=[2, 3]) == (10, 0, [])
    assert project(kitti, tmp_path / 'two', workers=2, cameras=[2, 3]) == (10, 0, [])
    assert files_below(tmp_path / 'one') == files_below(tmp_path / 'two')


def test_only_the_chosen_split_and_what_is_there(kitti):
    (kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000005.bin').unlink()
    assert project(kitti, splits=['train']) == (2, 0, [])
    assert not png_of(kitti / 'projected', DRIVE, 5).exists()


def test_jpg_images_give_the_size(tmp_path, builders, small_split):
    builders.kitti(tmp_path, suffix='jpg')
    assert project(tmp_path) == (3, 0, [])
    header = depth_png.probe(png_of(tmp_path / 'projected', DRIVE, 5))
    assert header[:4] == (*builders.size, 16, 1)


# ------------------------------------------------------------------------------------------------------------ run again
def test_what_is_complete_is_kept(kitti):
    project(kitti)
    before = {path: path.stat().st_mtime_ns for path in (kitti / 'projected').rglob('*.*')}
    assert project(kitti) == (0, 5, [])
    assert {path: path.stat().st_mtime_ns for path in (kitti / 'projected').rglob('*.*')} == before


@pytest.mark.parametrize('spoil', ['truncated', 'size', 'depth', 'scan', 'calibration'])
def test_what_is_not_right_is_written_again(kitti, builders, spoil):
    project(kitti)
    path = png_of(kitti / 'projected', DRIVE, 5)
    right = path.read_bytes()
    later = time.time() + 10
    if spoil == 'truncated':
        path.write_bytes(right[:-5])
    elif spoil == 'size':
        builders.write(path, builders.units(shape=(20, 60)))
    elif spoil == 'depth':
        builders.write(path, builders.image())
    elif spoil == 'scan':
        os.utime(kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000005.bin', (later, later))
    else:
        os.utime(kitti / 'raw/2011_09_26/calib_velo_to_cam.txt', (later, later))
    written = 5 if spoil == 'calibration' else 1
    assert project(kitti) == (written, 5 - written, [])
    assert path.read_bytes() == right


def test_a_killed_run_leaves_whole_files_and_the_next_finishes(tmp_path, builders, kitti):
    day = kitti / 'raw/2011_09_26'
    # Many frames, so that there is something to kill: the lists of a process of its own have 400.
    for folder, suffix in ((f'{DRIVE}_sync/image_02/data', 'png'), (f'{DRIVE}_sync/velodyne_points/data', 'bin')):
        for frame in range(12, 400):
            shutil.copy(day / folder / f'0000000005.{suffix}', day / folder / f'{frame:010d}.{suffix}')
    code = f'''
from mmdepthcls.commands.prepare import kitti_files, kitti_projection
kitti_files.eigen_split = lambda name: [({DRIVE!r}, frame) for frame in range(400)]
plan = kitti_projection.plan_projection({str(kitti)!r}, splits=['train'])
print(kitti_projection.project_kitti(plan, workers=1, progress=False), flush=True)
'''
    process = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    out = kitti / 'projected'
    while len(list(out.rglob('*.png'))) < 20:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    pngs = [path for path in out.rglob('*.png') if not path.name.startswith('.')]
    assert 20 <= len(pngs) < 390 and all(depth_png.probe(path).height == builders.size[0] for path in pngs)
    stale = builders.write(png_of(out, DRIVE, 0).with_name(f'.0000000399.png.{process.pid}.tmp'), b'half')
    foreign = builders.write(out / 'train/.notes.1.tmp', b'mine')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    # frames 1-4 and 7-10 have no scan
    assert f'kept={len(pngs)}, faults=[]' in result.stdout and len(list(out.rglob('*.png'))) == 392
    assert not stale.exists() and foreign.exists() and not list(out.rglob('*.png.*.tmp'))


# --------------------------------------------------------------------------------------------------------------- faults
@pytest.mark.parametrize('victim, content, fault', [
    ('velodyne_points/data/0000000005.bin', b'', 'multiple of 16 bytes, got 0'),
    ('velodyne_points/data/0000000005.bin', bytes(100), 'multiple of 16 bytes, got 100'),
    ('velodyne_points/data/0000000005.bin', bytes(16000), r'only 0 of the 1280 pixels .* at least 1%.*this drive'),
    ('velodyne_points/data/0000000005.bin', b'\xff' * 16000, 'only 0 of the 1280 pixels'),
    ('image_02/data/0000000005.png', b'GIF', 'truncated, damaged or of a kind'),
])
def test_a_broken_frame_is_named_and_the_others_are_done(kitti, victim, content, fault):
    path = kitti / f'raw/2011_09_26/{DRIVE}_sync' / victim
    path.write_bytes(content)
    result = project(kitti)
    assert result[:2] == (4, 0) and len(result.faults) == 1
    assert re.search(fault, result.faults[0]) and str(path) in result.faults[0]
    assert not png_of(kitti / 'projected', DRIVE, 5).exists()


def test_a_broken_calibration_is_one_fault(kitti):
    (kitti / 'raw/2011_09_26/calib_cam_to_cam.txt').unlink()
    result = project(kitti)
    assert result[:2] == (0, 0)
    assert [fault.endswith('is missing: 5 frames of 2011_09_26 are not projected') for fault in result.faults] == [True]


def test_a_full_disk_ends_the_run(kitti, monkeypatch):
    from mmdepthcls.commands.prepare import kitti_projection
    plan = plan_projection(kitti)

    def write(path, content):
        raise OSError(28, 'No space left on device', str(path))

    monkeypatch.setattr(kitti_projection, 'write_atomically', write)
    with pytest.raises(OSError, match='No space left'):
        project_kitti(plan, 1, progress=False)


# ---------------------------------------------------------------------------------------------------- folders of others
@pytest.mark.parametrize('name, content, message', [
    ('train/x.png', b'mine', "holds 'train' but no manifest.json"),
    ('manifest.json', b'{"name": "app"}', 'holds depth of the convention None'),
    ('manifest.json', b'[1]', 'holds something else'),
    ('manifest.json', b'\xff', 'holds something else'),
])
def test_a_foreign_folder_is_refused(kitti, tmp_path, builders, name, content, message):
    builders.write(tmp_path / 'out' / name, content)
    with pytest.raises(FileExistsError, match=message):
        plan_projection(kitti, tmp_path / 'out')
    assert files_below(tmp_path / 'out') == {name: content}


def test_two_conventions_do_not_mix(kitti, tmp_path):
    project(kitti, tmp_path / 'out')
    with pytest.raises(FileExistsError, match="convention 'kitti', expected .*'convention': 'monodepth'"):
        plan_projection(kitti, tmp_path / 'out', 'monodepth')
    with pytest.raises(ValueError, match="convention must be one of .* got 'eigen'"):
        plan_projection(kitti, convention='eigen')


@pytest.mark.parametrize('out', ['.', 'raw', 'annotated'])
def test_the_data_themselves_are_no_place_to_write(kitti, out):
    with pytest.raises(FileExistsError, match='not made by this tool'):
        plan_projection(kitti, kitti / out)


def test_a_file_is_no_folder(kitti, tmp_path, builders):
    with pytest.raises(FileExistsError, match='is no folder'):
        plan_projection(kitti, builders.write(tmp_path / 'out', b'x'))


def test_a_run_killed_while_it_began_is_no_foreign_folder(kitti, builders):
    stale = builders.write(kitti / f'projected/.manifest.json.{2**22 + 1}.tmp', b'{')
    assert project(kitti).written == 5 and not stale.exists()
    manifest = json.loads((kitti / 'projected/manifest.json').read_text())
    assert manifest['convention'] == 'kitti' and manifest['units_per_metre'] == 256


# ------------------------------------------------------------------------------------------------------------- the rest
def test_an_estimate_writes_nothing(kitti):
    before = files_below(kitti)
    plan = plan_projection(kitti)
    estimate = estimate_projection(plan, workers=1)
    assert files_below(kitti) == before and not (kitti / 'projected').exists()
    project_kitti(plan, 1, progress=False)
    size = sum(path.stat().st_size for path in (kitti / 'projected').rglob('*.png'))
    assert abs(estimate.size - size) < 5 and 0 < estimate.seconds < 5
    assert estimate_projection(plan_projection(kitti)) is None


@pytest.mark.parametrize('options', [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]])
@pytest.mark.parametrize('shape', [(1, 1), (20, 64), (375, 1242)])
def test_the_size_of_a_jpeg(tmp_path, shape, options):
    path = str(tmp_path / 'a.jpg')
    cv2.imwrite(path, np.zeros((*shape, 3), np.uint8), options)
    assert probe_image(path).shape() == shape


@pytest.mark.parametrize('content', [b'\xff\xd8\xff\xd9', b'\xff\xd8' + bytes(50) + b'\xff\xd9',
                                     b'\xff\xd8\xff\xe0\x00\x00\xff\xd9', b'\xff\xd8\xff\xc0\x00\x05\x08\xff\xd9'])
def test_a_jpeg_without_a_size(tmp_path, builders, content):
    with pytest.raises(depth_png.DepthFileError, match='a.jpg: the JPEG (has no frame header|is truncated)'):
        probe_image(str(builders.write(tmp_path / 'a.jpg', content)))


def test_real_sample(kitti_sample, tmp_path, mmseg_scope):
    from mmdepthcls.datasets import KITTIDepthDataset
    for convention in ('kitti', 'monodepth'):
        out = tmp_path / convention
        assert project(kitti_sample, out, convention=convention, splits=['train'], cameras=[2, 3]) == (2, 0, [])
        load = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
                dict(type='LoadVelodyneDepth', convention=convention)]
        for camera in (2, 3):
            stored, projected = (
                KITTIDepthDataset(data_root=kitti_sample, ground_truth=truth, camera=camera, pipeline=load,
                                  data_prefix=dict(img_path='raw', depth_map_path=str(out)))[0]['gt_depth_map']
                for truth in ('velodyne_png', 'velodyne'))
            assert stored.shape == (375, 1242) and 0.03 < (stored > 0).mean() < 0.05
            assert np.abs(stored - projected).max() <= 1 / 512
