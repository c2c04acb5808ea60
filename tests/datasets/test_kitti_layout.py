"""What KITTI's paths say: read back from what is written, and nothing else is taken for one."""
import datetime
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.datasets import kitti_layout
from mmdepthcls.datasets.kitti_layout import place_of_image

DRIVES = st.builds('{:%Y_%m_%d}_drive_{:04d}'.format, st.dates(datetime.date(2000, 1, 1)), st.integers(0, 9999))
ROOTS = st.sampled_from(['', 'raw', '/data/kitti/raw', '../2011_09_26', 'a b'])


@given(ROOTS, DRIVES, st.integers(0, 3), st.integers(0, 10**10 - 1), st.sampled_from(['.png', '.jpg', '.JPEG']))
def test_an_image_is_read_back_from_its_path(root, drive, camera, frame, suffix):
    day = os.path.join(root, kitti_layout.day_of(drive))
    path = os.path.join(kitti_layout.image_folder(day, drive, camera), kitti_layout.frame_stem(frame) + suffix)
    assert place_of_image(path) == (day, drive, camera, frame)
    assert place_of_image(path.replace('/', '\\')) == (day.replace('/', '\\'), drive, camera, frame)
    name = kitti_layout.image_name(drive, camera, frame)
    assert place_of_image(name) == ('', drive, camera, frame) and path.startswith(f'{day}/{name[:-4]}')


@pytest.mark.parametrize('path', [
    '2011_09_26_drive_0001_sync/image_04/data/0000000005.png', '2011_09_26_drive_0001_sync/image_02/0000000005.png',
    '2011_09_26_drive_001_sync/image_02/data/0000000005.png', '2011_09_26_drive_0001/image_02/data/0000000005.png',
    'x2011_09_26_drive_0001_sync/image_02/data/0000000005.png', '2011_09_26_drive_0001_sync/image_02/data/a.png',
    '2011_09_26_drive_0001_sync/image_02/data/0000000005.npy',
    '2011_09_26_drive_0001_sync/image_02/data/00000000005.png'])
def test_what_is_no_image_of_kitti_is_none(path):
    assert place_of_image(path) is None


def test_the_sample_lies_as_the_layout_says(kitti_sample):
    """An oracle of its own: KITTI's development kit writes folders so."""
    folders = kitti_layout.Folders.of(kitti_sample)
    for drive in folders.drives():
        assert re.fullmatch(r'\d{4}_\d{2}_\d{2}_drive_\d{4}', drive)
        assert all(map(os.path.isfile, kitti_layout.calibration_files(folders.day(drive))))
        images = kitti_layout.list_frames(folders.images(drive, 2), ('.png', '.jpg'))
        assert images and kitti_layout.list_frames(folders.scans(drive), ('.bin', ))
        for frame, path in images.items():
            assert place_of_image(path) == (str(folders.day(drive)), drive, 2, frame)


@pytest.mark.parametrize('raw, annotated', [
    ('raw', 'annotated'), ('RAW', 'Annotated'), ('Kitti_Raw', 'data_depth_Annotated'), ('raw_data', 'GTS')])
def test_folders_are_found_in_upper_and_lower_case(tmp_path, raw, annotated):
    assert (kitti_layout.raw_name(tmp_path), kitti_layout.annotated_name(tmp_path)) == ('raw', 'annotated')
    day, drive = tmp_path / raw / '2011_09_26', '2011_09_26_drive_0001_sync'
    (day / drive).mkdir(parents=True)
    (tmp_path / annotated / 'train' / drive / 'proj_depth').mkdir(parents=True)
    assert (kitti_layout.raw_name(tmp_path), kitti_layout.annotated_name(tmp_path)) == (raw, annotated)
    assert kitti_layout.is_kitti_tree(tmp_path)
    assert kitti_layout.Folders.of(tmp_path).day('2011_09_26_drive_0001') == day


def test_the_name_as_it_is_comes_before_another_case(tmp_path):
    for name in ('RAW', 'raw'):
        (tmp_path / name / '2011_09_26').mkdir(parents=True)
    assert kitti_layout.raw_name(tmp_path) == 'raw'
