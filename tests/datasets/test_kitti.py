"""KITTI's own folders."""
import numpy as np
import pytest

from mmdepthcls.datasets import KITTIDepthDataset, kitti

DRIVE = '2011_09_26_drive_0001'
OTHER = '2011_09_26_drive_0005'


def frames_of(dataset):
    """(frame, has ground truth) of every sample."""
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [(int(sample['img_path'][-14:-4]), dataset.has_depth(sample)) for sample in samples]


@pytest.fixture
def root(tmp_path, builders):
    """Frames 0, 5, 6 and 11, of which 5 and 6 have PNGs; every frame has a scan."""
    return builders.kitti(tmp_path / 'kitti')


def open_kitti(root, **kwargs):
    return KITTIDepthDataset(data_root=str(root), **kwargs)


@pytest.mark.parametrize('ground_truth, offset', [('annotated', 0), ('velodyne_png', 100)])
@pytest.mark.parametrize('camera', [2, 3])
def test_png_ground_truth_of_both_cameras(root, builders, mmseg_scope, ground_truth, offset, camera):
    dataset = open_kitti(root, ground_truth=ground_truth, camera=camera,
                         pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    assert frames_of(dataset) == [(5, True), (6, True)]
    sample = dataset[1]
    np.testing.assert_array_equal(sample['img'][..., ::-1], builders.image(6 + camera))
    np.testing.assert_array_equal(sample['gt_depth_map'], builders.units(6 + camera + offset) / 256)
    assert f'/image_0{camera}/data/0000000006.png' in sample['img_path']


def test_test_mode_keeps_frames_without_ground_truth(root):
    assert frames_of(open_kitti(root, test_mode=True)) == [(0, False), (5, True), (6, True), (11, False)]


@pytest.mark.parametrize('part', ['train', 'val'])
def test_annotated_is_found_in_train_and_val(tmp_path, builders, part):
    builders.kitti(tmp_path, part='train')
    builders.kitti(tmp_path, part=part, drive=OTHER)
    dataset = open_kitti(tmp_path)
    paths = [dataset.get_data_info(index)['depth_map_path'] for index in range(len(dataset))]
    assert len(paths) == 4
    assert all(f'annotated/{part}/{OTHER}_sync/proj_depth/groundtruth/image_02/' in path for path in paths[2:])


def test_jpg_images(tmp_path, builders, mmseg_scope):
    dataset = open_kitti(builders.kitti(tmp_path, suffix='jpg'), pipeline=[dict(type='LoadImageFromFile')])
    assert len(dataset) == 2 and dataset[0]['img_path'].endswith('0000000005.jpg')
    assert dataset[0]['img'].shape == (*builders.size, 3)


def test_png_before_jpg(root, builders):
    folder = root / f'raw/2011_09_26/{DRIVE}_sync/image_02/data'
    builders.write(folder / '0000000005.jpg', b'x')
    assert open_kitti(root).get_data_info(0)['img_path'].endswith('0000000005.png')


def test_other_files_among_the_drives_do_no_harm(root, builders):
    builders.write(root / 'raw/readme.txt', 'x')
    builders.write(root / 'raw/2011_09_26/notes_sync/a.txt', 'x')
    builders.write(root / f'raw/2011_09_26/{DRIVE}_sync/image_02/timestamps.txt', 'x')
    builders.write(root / f'raw/2011_09_26/{DRIVE}_sync/image_02/data/Thumbs.db', 'x')
    assert len(open_kitti(root)) == 2


# ------------------------------------------------------------------------------------------------------------ velodyne
@pytest.mark.parametrize('convention', ['kitti', 'monodepth'])
@pytest.mark.parametrize('camera', [2, 3])
def test_velodyne_is_projected(root, builders, mmseg_scope, camera, convention):
    from mmdepthcls.datasets.velodyne import project_velodyne, read_calibration
    dataset = open_kitti(root, ground_truth='velodyne', camera=camera, pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth', convention=convention)])
    assert frames_of(dataset) == [(0, True), (5, True), (6, True), (11, True)]
    expected = project_velodyne(builders.scan(5), read_calibration(str(root / 'raw/2011_09_26'), camera), builders.size,
                                convention)
    assert (expected > 0).sum() > 50
    np.testing.assert_array_equal(dataset[1]['gt_depth_map'], expected)


def test_several_ground_truths_for_protocols(root, builders, mmseg_scope):
    """The first that is loaded is the sample's own, the others go by their names; all follow the image."""
    from mmdepthcls.datasets.velodyne import project_velodyne, read_calibration
    dataset = open_kitti(root, ground_truth=['annotated', 'velodyne'], test_mode=True, pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth'),
        dict(type='LoadVelodyneDepth', convention='monodepth'), dict(type='RandomFlip', prob=1.0),
        dict(type='PackDepthInputs')])
    assert frames_of(dataset) == [(0, True), (5, True), (6, True), (11, True)]
    calibration = read_calibration(str(root / 'raw/2011_09_26'), 2)
    scan = {convention: project_velodyne(builders.scan(5), calibration, builders.size, convention)[:, ::-1]
            for convention in ('kitti', 'monodepth')}
    sample = dataset[1]['data_samples']
    assert sample.ground_truth == 'annotated'
    np.testing.assert_array_equal(sample.gt_depth_map.data[0], builders.units(7)[:, ::-1] / 256)
    np.testing.assert_array_equal(sample.gt_depth_map_velodyne.data[0], scan['kitti'])
    np.testing.assert_array_equal(sample.gt_depth_map_velodyne_monodepth.data[0], scan['monodepth'])
    # A frame that has only a scan: it is the sample's own.
    sample = dataset[0]['data_samples']
    assert sample.ground_truth == 'velodyne' and 'gt_depth_map_velodyne_monodepth' in sample
    assert 'gt_depth_map_annotated' not in sample


@pytest.mark.parametrize('folder, name', [('projected', 'velodyne'), ('projected_monodepth', 'velodyne_monodepth')])
def test_projected_depth_is_named_after_its_convention(root, builders, folder, name):
    path = f'train/{DRIVE}_sync/proj_depth/velodyne_raw/image_02/0000000011.png'
    builders.write(root / folder / path, builders.units())
    dataset = open_kitti(root, ground_truth='velodyne_png', data_prefix=dict(img_path='raw', depth_map_path=folder))
    assert dataset.get_data_info(0)['depth_name'] == name


@pytest.mark.parametrize('size', [0, 100])
def test_a_truncated_scan(root, builders, mmseg_scope, size):
    path = root / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000006.bin'
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=f'0000000006.bin: a LiDAR scan is .* 16 bytes, got {size}'):
        open_kitti(root, ground_truth='velodyne')
    dataset = open_kitti(root, ground_truth='velodyne', verify=False,
                         pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadVelodyneDepth')])
    with pytest.raises(ValueError, match='0000000006.bin: a LiDAR scan'):
        dataset[2]


@pytest.mark.parametrize('name', ['calib_cam_to_cam.txt', 'calib_velo_to_cam.txt'])
def test_calibration_is_checked_before_training(root, name):
    path = root / 'raw/2011_09_26' / name
    path.write_text('nothing: 1 2 3\n')
    with pytest.raises(ValueError, match=f'{name}: no line'):
        open_kitti(root, ground_truth='velodyne', verify=False)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=name):
        open_kitti(root, ground_truth='velodyne')
    assert len(open_kitti(root)) == 2  # the PNGs need none


def test_a_frame_without_a_scan(root):
    (root / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000006.bin').unlink()
    assert [frame for frame, _ in frames_of(open_kitti(root, ground_truth='velodyne'))] == [0, 5, 11]


# -------------------------------------------------------------------------------------------------------------- splits
@pytest.fixture
def small_split(monkeypatch):
    """Eigen's lists shrunk to the frames that the small tree has."""
    lists = dict(train=[(DRIVE, 0), (DRIVE, 5), (DRIVE, 6)], train_annotated=[(DRIVE, 5), (DRIVE, 6)],
                 test=[(DRIVE, 6), (DRIVE, 11), (DRIVE, 5)], test_annotated=[(DRIVE, 6), (DRIVE, 5)])
    monkeypatch.setattr(kitti, 'eigen_split', lambda name: lists[name])


@pytest.mark.parametrize('split, kwargs, expected', [
    ('train', dict(), [(5, True), (6, True)]),
    ('train', dict(ground_truth='velodyne'), [(0, True), (5, True), (6, True)]),
    ('train', dict(ground_truth='velodyne_png'), [(5, True), (6, True)]),
    ('train_annotated', dict(ground_truth='velodyne'), [(5, True), (6, True)]),
    ('test', dict(test_mode=True), [(6, True), (11, False), (5, True)]),
    ('test', dict(test_mode=True, ground_truth='velodyne'), [(6, True), (11, True), (5, True)]),
    ('test_annotated', dict(test_mode=True), [(6, True), (5, True)]),
])
def test_splits(root, small_split, split, kwargs, expected):
    assert frames_of(open_kitti(root, split=split, **kwargs)) == expected


@pytest.mark.parametrize('ground_truth, victim', [
    ('annotated', f'annotated/train/{DRIVE}_sync/proj_depth/groundtruth/image_02/0000000006.png'),
    ('velodyne', f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000006.bin'),
    ('annotated', f'raw/2011_09_26/{DRIVE}_sync/image_02/data/0000000006.png'),
])
def test_what_a_split_promises_must_be_there(root, small_split, ground_truth, victim):
    (root / victim).unlink()
    with pytest.raises(FileNotFoundError, match=f'1 of the .* the first is .*{victim}'):
        open_kitti(root, split='train', ground_truth=ground_truth, verify=False)


def test_the_real_list_on_a_tree_without_files(root):
    with pytest.raises(FileNotFoundError, match=r'\(split test\) do not exist'):
        open_kitti(root, split='test', test_mode=True)


def test_split_file(root):
    image = f'2011_09_26/{DRIVE}_sync/image_02/data'
    depth = f'train/{DRIVE}_sync/proj_depth/groundtruth/image_02'
    lines = f'{image}/0000000006.png {depth}/0000000006.png 721.5', f'{image}/0000000000.png None'
    (root / 'mine.txt').write_text('\n'.join(lines))
    assert frames_of(open_kitti(root, ann_file='mine.txt')) == [(6, True)]
    assert frames_of(open_kitti(root, ann_file='mine.txt', test_mode=True)) == [(6, True), (0, False)]


# ---------------------------------------------------------------------------------------------- lists of other projects
IMAGE = f'2011_09_26/{DRIVE}_sync/image_02/data'
BTS = f'{DRIVE}_sync/proj_depth/groundtruth/image_02'
LISTS = {  # two frames, 6 with and 0 without annotated ground truth
    'monodepth': '\n'.join(f'{IMAGE}/{frame:010d}.jpg {IMAGE.replace("image_02", "image_03")}/{frame:010d}.jpg'
                           for frame in (6, 0)),
    'bts': f'{IMAGE}/0000000006.png {BTS}/0000000006.png 721.5377\n{IMAGE}/0000000000.png None 721.5377',
    'monodepth2': f'2011_09_26/{DRIVE}_sync 6 l\n2011_09_26/{DRIVE}_sync 0000000000 l',
    'images only': f'{IMAGE}/0000000006.png\n{IMAGE}/0000000000.png',
}


@pytest.mark.parametrize('spoil', [
    lambda text: text, lambda text: '\ufeff# list\n\n' + text.replace('\n', '\r\n\r\n'),
    lambda text: text.replace('/', '\\')],
    ids=['plain', 'bom, comment, blank lines, crlf', 'backslashes'])
@pytest.mark.parametrize('name', LISTS)
def test_lists_of_other_projects(root, name, spoil):
    (root / 'list.txt').write_bytes(spoil(LISTS[name]).encode())
    for ground_truth in ('annotated', 'velodyne_png'):
        dataset = open_kitti(root, ann_file='list.txt', test_mode=True, ground_truth=ground_truth)
        assert frames_of(dataset) == [(6, True), (0, False)]
        assert dataset.get_data_info(0)['img_path'].endswith('/image_02/data/0000000006.png')
    # Raw scans are there for both, whatever the list says of annotated maps.
    dataset = open_kitti(root, ann_file='list.txt', ground_truth='velodyne')
    assert frames_of(dataset) == [(6, True), (0, True)]
    assert 'listed_in' not in dataset.get_data_info(0)


@pytest.mark.parametrize('part', ['train', 'val'])
def test_a_bts_list_finds_its_depth_in_train_and_val(tmp_path, builders, part):
    root = builders.kitti(tmp_path, part=part)
    (root / 'list.txt').write_text(LISTS['bts'])
    sample = open_kitti(root, ann_file='list.txt').get_data_info(0)
    assert sample['depth_map_path'].endswith(f'annotated/{part}/{BTS}/0000000006.png')


def test_the_camera_is_that_of_the_line(root):
    (root / 'list.txt').write_text(f'{IMAGE}/0000000006.png\n2011_09_26/{DRIVE}_sync 5 r')
    dataset = open_kitti(root, ann_file='list.txt', ground_truth='velodyne')
    samples = [dataset.get_data_info(index) for index in range(2)]
    assert [sample['camera'] for sample in samples] == [2, 3]
    assert '/image_03/data/0000000005.png' in samples[1]['img_path']


def test_jpg_of_a_list_is_found_as_png_and_the_other_way_round(tmp_path, builders):
    root = builders.kitti(tmp_path, suffix='jpg')
    (root / 'list.txt').write_text(LISTS['bts'])
    assert open_kitti(root, ann_file='list.txt').get_data_info(0)['img_path'].endswith('0000000006.jpg')


@pytest.mark.parametrize('line, error, message', [
    (f'2011_09_26/{DRIVE}_sync 6', ValueError, "list.txt, line 2: expected 'DRIVE FRAME l|r'"),
    (f'2011_09_26/{DRIVE}_sync 6 x', ValueError, "list.txt, line 2: expected 'DRIVE FRAME l|r'"),
    (f'{IMAGE}/0000000099.png', FileNotFoundError, r'image_02/data/0000000099.png \(.*list.txt, line 2\)'),
    (f'{IMAGE}/0000000011.png {BTS}/0000000011.png', FileNotFoundError, r'groundtruth.*0000000011.png \(.*line 2\)'),
    (f'../{IMAGE}/../x.png None', ValueError, 'list.txt, line 2: path .* leaves the data root'),
    ('x.png', FileNotFoundError, r'raw/x.png \(.*list.txt, line 2\)'),
])
def test_errors_of_a_list_name_the_line(root, line, error, message):
    (root / 'list.txt').write_text(f'# a list\n{line}\n')
    with pytest.raises(error, match=message):
        open_kitti(root, ann_file='list.txt', test_mode=True)


def test_projected_depth_is_taken_where_it_was_prepared(root, builders):
    path = f'train/{DRIVE}_sync/proj_depth/velodyne_raw/image_02/0000000011.png'
    builders.write(root / 'projected' / path, builders.units())
    dataset = open_kitti(root, ground_truth='velodyne_png', test_mode=True)
    assert frames_of(dataset) == [(0, False), (5, False), (6, False), (11, True)]
    prefix = dict(img_path='raw', depth_map_path='annotated')
    dataset = open_kitti(root, ground_truth='velodyne_png', data_prefix=prefix)
    assert frames_of(dataset) == [(5, True), (6, True)]


@pytest.mark.parametrize('kwargs, error, message', [
    (dict(ground_truth='lidar'), ValueError, "ground_truth must be one of .*'annotated'.*got 'lidar'"),
    (dict(ground_truth=[]), ValueError, 'ground_truth must be one of'),
    (dict(ground_truth=['annotated', 'velodyne_png']), ValueError, 'or velodyne and one of the others'),
    (dict(camera=0), ValueError, r'camera must be 2 \(left\) or 3 \(right\), got 0'),
    (dict(split='train', ann_file='a.txt'), ValueError, r"split or ann_file, not both \('train', 'a.txt'\)"),
    (dict(split='training'), ValueError, "no split 'training'"),
    (dict(data_prefix=dict(img_path='nowhere')), FileNotFoundError, r"data_prefix\['img_path'\] = .*nowhere'"),
    (dict(data_prefix=dict(img_path='raw', depth_map_path='nowhere')), ValueError, 'raw holds no sample with'),
])
def test_errors(root, kwargs, error, message):
    with pytest.raises(error, match=message):
        open_kitti(root, **kwargs)


def test_real_sample(kitti_sample, mmseg_scope):
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
    annotated = KITTIDepthDataset(data_root=kitti_sample, pipeline=pipeline)
    assert frames_of(annotated) == [(5, True), (50, True), (100, True)]
    for index in range(3):
        depth = annotated[index]['gt_depth_map']
        assert depth.shape == (375, 1242) and 0.17 < (depth > 0).mean() < 0.22
        assert depth[depth > 0].min() > 4 and 60 < depth.max() < 90
    scans = KITTIDepthDataset(data_root=kitti_sample, ground_truth='velodyne', camera=3, pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadVelodyneDepth')])
    assert frames_of(scans) == [(5, True)]
    assert 0.03 < (scans[0]['gt_depth_map'] > 0).mean() < 0.05


# ------------------------------------------------------------------------------------------------------------- layouts
def merge(root, name):
    """The depth maps without 'train', in a folder of another name."""
    (root / 'annotated/train').rename(root / 'drives')
    (root / 'annotated').rmdir()
    if name:
        (root / 'drives').rename(root / name)
    else:
        for drive in (root / 'drives').iterdir():
            drive.rename(root / drive.name)


@pytest.mark.parametrize('raw', ['raw', 'kitti_raw', '', 'link'])
@pytest.mark.parametrize('annotated', ['annotated', 'data_depth_annotated', 'gts', '', 'both'])
def test_layouts(root, raw, annotated):
    """Depth merged or in train and val, in a folder of its own or beside the days; days in raw or in the root."""
    if annotated == 'both':
        (root / 'annotated').rename(root / 'data_depth_annotated')
    else:
        merge(root, annotated)
    if raw == 'link':
        (root / 'raw').rename(root.parent / 'disk')
        (root / 'raw').mkdir()
        (root / 'raw/2011_09_26').symlink_to(root.parent / 'disk/2011_09_26')
    elif raw:
        (root / 'raw').rename(root / raw)
    else:
        (root / 'raw/2011_09_26').rename(root / '2011_09_26')
    for ground_truth in ('annotated', 'velodyne_png'):
        assert frames_of(open_kitti(root, ground_truth=ground_truth)) == [(5, True), (6, True)]
    assert len(open_kitti(root, ground_truth='velodyne')) == 4
    (root / 'list.txt').write_text(LISTS['bts'])
    assert frames_of(open_kitti(root, ann_file='list.txt', test_mode=True)) == [(6, True), (0, False)]


@pytest.mark.parametrize('suffix', ['.jpeg', '.JPG', '.PNG', '.Jpeg'])
def test_images_of_any_kind_and_case(root, builders, mmseg_scope, suffix):
    import cv2
    folder = root / f'raw/2011_09_26/{DRIVE}_sync/image_02/data'
    for path in list(folder.iterdir()):
        cv2.imwrite(str(path.with_suffix(suffix)), cv2.imread(str(path)))
        path.unlink()
    dataset = open_kitti(root, pipeline=[dict(type='LoadImageFromFile')])
    assert dataset[0]['img_path'].endswith(f'0000000005{suffix}') and len(dataset) == 2
    (root / 'list.txt').write_text(f'{IMAGE}/0000000006{suffix}\n')
    assert frames_of_list(open_kitti(root, ann_file='list.txt')) == [f'0000000006{suffix}']


def frames_of_list(dataset):
    return [dataset.get_data_info(index)['img_path'].rpartition('/')[2] for index in range(len(dataset))]


def test_a_frame_in_two_cases_is_never_chosen_between(root, builders):
    folder = root / f'raw/2011_09_26/{DRIVE}_sync/image_02/data'
    builders.write(folder / '0000000005.PNG', builders.image(9))
    with pytest.raises(ValueError, match='image_02/data holds both 0000000005.PNG and 0000000005.png'):
        open_kitti(root)


def test_a_frame_that_is_listed_twice(root):
    (root / 'list.txt').write_text(f'{IMAGE}/0000000006.png\n2011_09_26/{DRIVE}_sync 5 l\n{IMAGE}/0000000006.jpg\n')
    with pytest.raises(ValueError, match='1 samples .* listed twice, the first in .* line 1 and again in .* line 3'):
        open_kitti(root, ann_file='list.txt')


def test_a_list_with_commas_and_a_header(root):
    (root / 'list.csv').write_text(f'image,depth,focal\n{IMAGE}/0000000006.png,{BTS}/0000000006.png,721.5\n'
                                   f'{IMAGE}/0000000000.png,,721.5\n')
    assert frames_of(open_kitti(root, ann_file='list.csv', test_mode=True)) == [(6, True), (0, False)]


@pytest.mark.parametrize('place', ['raw', 'raw/2011_09_26', f'raw/2011_09_26/{DRIVE}_sync',
                                   f'raw/{IMAGE}', 'annotated', 'annotated/train', f'annotated/train/{DRIVE}_sync'])
@pytest.mark.parametrize('as_text', [True, False])
def test_links_that_lead_nowhere_or_are_texts(root, place, as_text):
    """Of every folder of the tree: no part of it is left out without a word."""
    (root / place).rename(root / 'elsewhere')
    if as_text:
        (root / place).write_text('../elsewhere')
    else:
        (root / place).symlink_to('nowhere')
    with pytest.raises(FileNotFoundError, match=f'{place} is .*(core.symlinks|a link to nowhere)'):
        open_kitti(root)


def test_a_tree_without_the_expected_folders(root):
    (root / f'raw/2011_09_26/{DRIVE}_sync').rename(root / f'raw/2011_09_26/{DRIVE}_extract')
    with pytest.raises(ValueError, match=f'no image of camera 3: expected .*_sync/.*holds .*{DRIVE}_extract'):
        open_kitti(root, camera=3)
