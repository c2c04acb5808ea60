"""What a KITTI tree has and lacks."""
import shutil

import pytest

from mmdepthcls.commands.prepare import kitti_files
from mmdepthcls.commands.prepare.kitti_files import check_kitti, describe_frames, wanted_frames
from mmdepthcls.datasets.kitti_layout import UNSCANNED, is_kitti_tree

DRIVE, OTHER = '2011_09_26_drive_0001', '2011_09_26_drive_0009'
DATA = f'raw/2011_09_26/{DRIVE}_sync'
ANNOTATED = f'annotated/train/{DRIVE}_sync/proj_depth/groundtruth'


def check(root, **kwargs):
    return check_kitti(root, progress=False, **kwargs)


def missing(report):
    return {(files.drive[-4:], files.kind): files.missing for files in report.missing}


def test_the_whole_eigen_split_is_wanted():
    train, test = wanted_frames(['train']), wanted_frames(['test'])
    assert sum(map(len, train.values())) == 23488 and train[DRIVE] == list(range(108))
    assert sum(map(len, test.values())) == 697 and len(train | test) == 61
    assert sum(map(len, wanted_frames(['train', 'fit', 'val'], annotated=True).values())) == 23158


def test_no_frame_of_the_split_is_in_a_known_gap():
    frames = wanted_frames(['train', 'test'])
    assert all(set(frames[drive]).isdisjoint(gap) for drive, gap in UNSCANNED.items())


def test_a_complete_tree(kitti):
    report = check(kitti)
    assert report.complete and report.faults() == '' and report.missing == [] and report.damaged == []
    lines = report.table().splitlines()
    assert lines[0].split() == ['drive', 'calibration', 'image_02', 'velodyne', 'annotated_02']
    assert lines[1].split() == [DRIVE, 'yes', '3/3', '3/3', '2/2']
    assert lines[-1].split() == ['all', '5/5', '5/5', '3/3']


def test_both_cameras_and_all_ground_truths(kitti):
    report = check(kitti, cameras=(2, 3), ground_truths=kitti_files.GROUND_TRUTHS)
    assert report.complete and len(report.sets) == 14
    shutil.rmtree(kitti / f'{DATA}/image_03')
    assert missing(check(kitti, cameras=(2, 3))) == {('0001', 'image_03'): [0, 5, 6]}


@pytest.mark.parametrize('victim, where, frames', [
    (f'{DATA}/image_02/data/0000000005.png', 'image_02', [5]),
    (f'{DATA}/velodyne_points/data/0000000000.bin', 'velodyne', [0]),
    (f'{DATA}/velodyne_points', 'velodyne', [0, 5, 6]),
    (f'{ANNOTATED}/image_02/0000000006.png', 'annotated_02', [6]),
])
def test_what_is_missing_is_named(kitti, victim, where, frames):
    path = kitti / victim
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = check(kitti)
    assert missing(report) == {('0001', where): frames} and not report.complete
    assert f'{DRIVE} {where}: {describe_frames(frames)} of' in report.faults()
    assert f'{3 - len(frames)}/3!' in report.table() or '1/2!' in report.table()


def test_a_drive_that_is_not_there_is_one_line(kitti):
    shutil.rmtree(kitti / 'raw/2011_09_26' / f'{OTHER}_sync')
    shutil.rmtree(kitti / 'annotated/train' / f'{OTHER}_sync')
    assert check(kitti).faults() == f'Missing:\n  {OTHER}: all its files'


def test_no_tree_at_all(tmp_path):
    report = check(tmp_path / 'nothing')
    assert len(report.uncalibrated) == 5 and len({files.drive for files in report.missing}) == 61
    assert len(report.faults(limit=7).splitlines()) == 9 and '... and 59 more lines' in report.faults(limit=7)


@pytest.mark.parametrize('victim, content, fault', [
    (f'{DATA}/image_02/data/0000000005.png', b'', 'empty file'),
    (f'{DATA}/image_02/data/0000000005.png', slice(0, -9), 'truncated'),
    (f'{DATA}/velodyne_points/data/0000000005.bin', b'', 'multiple of 16 bytes, got 0'),
    (f'{DATA}/velodyne_points/data/0000000005.bin', slice(0, 100), 'multiple of 16 bytes, got 100'),
    (f'{ANNOTATED}/image_02/0000000005.png', b'\xff\xd8', 'a JPEG'),
    (f'{ANNOTATED}/image_02/0000000005.png', 'image', '16-bit depth, got 8'),
])
def test_damaged_files_are_named(kitti, builders, victim, content, fault):
    path = kitti / victim
    whole = path.read_bytes()
    path.write_bytes(builders.png_bytes(builders.image()) if content == 'image' else
                     whole[content] if isinstance(content, slice) else content)
    report = check(kitti)
    assert [fault in message and victim in message for message in report.damaged] == [True]
    assert not report.complete and report.missing == [] and 'Damaged:' in report.faults()
    assert check(kitti, probe=False).complete


@pytest.mark.parametrize('text', [None, 'R: 1 2 3\n'])
def test_calibration(kitti, text):
    path = kitti / 'raw/2011_09_26/calib_velo_to_cam.txt'
    path.unlink()
    if text:
        path.write_text(text)
    report = check(kitti)
    assert list(report.uncalibrated) == ['2011_09_26'] and not report.complete
    assert 'calib_velo_to_cam.txt' in report.faults() and ' NO ' in report.table()
    assert check(kitti, ground_truths=['annotated']).complete  # needs none


def test_the_known_gap_is_said_and_not_counted(kitti, monkeypatch):
    frames = {'test': [(OTHER, 11), (OTHER, 177), (OTHER, 180)], 'test_annotated': []}
    monkeypatch.setattr(kitti_files, 'eigen_split', frames.__getitem__)
    report = check(kitti, splits=['test'])
    assert missing(report) == {('0009', 'image_02'): [177, 180]}
    assert report.notes == [f"{OTHER}: frames 177-180 have no scan in KITTI's own download either: known, not counted"]
    assert check(kitti, splits=['test'], ground_truths=['annotated']).notes == []


def test_jpg_images_and_the_official_val_folder(tmp_path, builders, small_split):
    for drive in small_split:
        builders.kitti(tmp_path, drive=drive, suffix='jpg', part='val')
    assert check(tmp_path, ground_truths=kitti_files.GROUND_TRUTHS).complete


def test_projected_depth_is_looked_for_where_the_dataset_takes_it(kitti, builders):
    assert check(kitti, ground_truths=['velodyne_png']).complete
    (kitti / 'projected').mkdir()
    assert missing(check(kitti, ground_truths=['velodyne_png'])) == {
        ('0001', 'velodyne_png_02'): [0, 5, 6], ('0009', 'velodyne_png_02'): [6, 11]}


def test_other_folders(kitti, tmp_path):
    (kitti / 'raw').rename(tmp_path / 'images')
    (kitti / 'annotated').rename(tmp_path / 'depth')
    assert check(kitti, raw=tmp_path / 'images', annotated=tmp_path / 'depth').complete


def test_strange_names_do_no_harm(kitti, builders):
    for name in ('Thumbs.db', '5.png', '0000000007.png', '000000000x.png', '.0000000005.png.1.tmp'):
        builders.write(kitti / f'{DATA}/image_02/data' / name, b'x')
    assert check(kitti).complete


@pytest.mark.parametrize('frames, text', [
    ([7], 'frames 7: 1'), ([1, 2], 'frames 1-2: 2'), ([0, 2, 4, 6, 8, 9], 'frames 0, 2, 4, 6, ...: 6')])
def test_frames_for_people(frames, text):
    assert describe_frames(frames) == text


def test_progress(kitti, capsys):
    check_kitti(kitti)
    assert capsys.readouterr().err.startswith('Checking: 13/13 files')


@pytest.mark.parametrize('raw', ['raw', ''])
@pytest.mark.parametrize('annotated', ['annotated', 'data_depth_annotated', ''])
def test_merged_layouts_are_complete_for_every_tool(tmp_path, monkeypatch, raw, annotated):
    """prepare_kitti, evaluate_predictions and the doctor look where the dataset does."""
    from small_data import BUILDERS

    from mmdepthcls.commands.check_data.kitti_frame import depth_maps_of
    from mmdepthcls.evaluation.files.ground_truth_files import kitti_frames
    root = BUILDERS.kitti(tmp_path / 'kitti')
    (root / 'annotated/train').rename(root / 'drives')
    (root / 'annotated').rmdir()
    (root / 'drives').rename(root / annotated) if annotated else \
        (root / f'drives/{BUILDERS.drive}_sync').rename(root / f'{BUILDERS.drive}_sync')
    if not raw:
        (root / 'raw/2011_09_26').rename(root / '2011_09_26')
    monkeypatch.setattr(kitti_files, 'eigen_split', lambda name: [(BUILDERS.drive, 5), (BUILDERS.drive, 6)])
    report = check_kitti(root, ground_truths=kitti_files.GROUND_TRUTHS, progress=False)
    assert report.complete and report.folders.annotated == root / annotated and report.folders.raw == root / raw
    assert is_kitti_tree(root)
    frames = kitti_frames(root, None, {'annotated', 'velodyne'})
    assert [sorted(frame.files) for frame in frames] == [['velodyne'], ['annotated', 'velodyne'],
                                                         ['annotated', 'velodyne'], ['velodyne']]
    image = str(root / raw / f'2011_09_26/{BUILDERS.drive}_sync/image_02/data/0000000005.png')
    assert depth_maps_of(image, str(root / annotated))[0] == frames[1].files['annotated']
