"""The focal length of each sample: what the config says, a list, a file, the images, the data set's calibration."""
import json

import numpy as np
import pytest
from PIL import Image

from mmdepthcls.datasets import DepthFolderDataset, KITTIDepthDataset, MiniDriveDataset, SYNTHIADepthDataset


def focals(dataset):
    return [dataset.get_data_info(index).get('focal_px') for index in range(len(dataset))]


def own(root, **settings):
    return DepthFolderDataset(data_root=str(root), data_prefix=dict(img_path='image', depth_map_path='depth'),
                              pipeline=[], **settings)


def test_one_number_for_all_or_nothing(pairs):
    assert focals(own(pairs, focal_px=50)) == [50.0] * 3
    assert focals(own(pairs)) == [None] * 3


def test_a_file_of_cameras(pairs):
    (pairs / 'cameras.json').write_text(json.dumps({
        '0.png': {'focal_px': 31}, '1.png': {'fx': 80, 'fy': 80, 'width': 128, 'height': 40}}))
    assert focals(own(pairs, cameras='cameras.json')) == [31.0, 40.0, None]
    assert focals(own(pairs, cameras=str(pairs / 'cameras.json'), focal_px=7)) == [31.0, 40.0, 7.0]
    assert focals(own(pairs, cameras=dict(fx=36, fy=49))) == pytest.approx([42.0] * 3)
    listed = DepthFolderDataset('split.txt', data_root=str(pairs), pipeline=[], cameras={
        'image/2.png': dict(focal_px=33), 'default': dict(focal_px=44)})
    assert focals(listed) == [44.0, 44.0, 33.0]


def test_a_damaged_image_is_nobodys_camera(pairs):
    """Where files are not looked at before training it is found when it is loaded; else it is said at once."""
    (pairs / 'image/1.png').write_bytes(b'')
    assert focals(own(pairs, verify=False, cameras=dict(focal_px=5))) == [5.0, None, 5.0]
    with pytest.raises(ValueError, match='image.1.png'):
        own(pairs, cameras=dict(focal_px=50))


def test_a_column_of_the_list(pairs):
    (pairs / 'bts.txt').write_text(''.join(f'image/{i}.png depth/{i}.png {40 + i}.5\n' for i in range(3)))
    listed = dict(data_root=str(pairs), pipeline=[])
    assert focals(DepthFolderDataset('bts.txt', focal_px='list', **listed)) == [40.5, 41.5, 42.5]
    assert focals(DepthFolderDataset('bts.txt', **listed)) == [None] * 3  # it may be anything
    (pairs / 'table.csv').write_text('image,focal,weight,depth\n' + ''.join(
        f'image/{i}.png,{40 + i},1.5,depth/{i}.png\n' for i in range(3)))
    assert focals(DepthFolderDataset('table.csv', focal_px=9, **listed)) == [40, 41, 42]


@pytest.mark.parametrize('third', ['', ' x', ' -3', ' nan', ' 0'])
def test_a_list_without_what_it_should_say(pairs, third):
    (pairs / 'bts.txt').write_text(f'image/0.png depth/0.png 40\nimage/1.png depth/1.png{third}\n')
    with pytest.raises(ValueError, match=r'bts.txt, line 2: expected the focal length in pixels in the third column'):
        DepthFolderDataset('bts.txt', data_root=str(pairs), focal_px='list', pipeline=[])


def test_what_images_say(pairs, builders):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 36
    for index in range(3):
        (pairs / f'image/{index}.png').unlink()
        Image.fromarray(np.zeros((*builders.size, 3), np.uint8)).save(pairs / f'image/{index}.jpg', exif=exif)
    (pairs / 'image/2.jpg').write_bytes((pairs / 'image/2.jpg').read_bytes().replace(b'Exif', b'None'))
    diagonal = np.hypot(*builders.size) / np.hypot(24, 36) * 36
    assert focals(own(pairs, focal_px='exif')) == [pytest.approx(diagonal)] * 2 + [None]
    assert focals(own(pairs)) == [None] * 3


@pytest.mark.parametrize(('settings', 'message'), [
    (dict(focal_px=4.2e-1), r'image.0.png: a focal length of 0.42 px .* not in mm'), (dict(focal_px=-5), 'positive'),
    (dict(focal_px='auto'), "'exif' or 'list', got 'auto'"), (dict(focal_px=True), 'got True'),
    (dict(cameras=dict(f=3)), 'expected focal_px'), (dict(cameras='none.json'), 'none.json')])
def test_mistakes(pairs, settings, message):
    with pytest.raises((ValueError, OSError), match=message):
        own(pairs, **settings)


def test_calibration_of_kitti_and_of_a_resized_copy(tmp_path, builders):
    root = builders.kitti(tmp_path)
    settings = dict(data_root=str(root), pipeline=[])
    assert focals(KITTIDepthDataset(**settings)) == [40.0] * 2
    assert focals(KITTIDepthDataset(focal_px=33, **settings)) == [33.0] * 2  # what is said counts more
    file = root / 'raw' / builders.drive[:10] / 'calib_cam_to_cam.txt'
    file.write_text(file.read_text() + 'S_rect_02: 128 40\n')
    assert focals(KITTIDepthDataset(**settings)) == [20.0] * 2
    file.unlink()
    assert focals(KITTIDepthDataset(**settings)) == [None] * 2


def test_real_frames(kitti_sample):
    dataset = KITTIDepthDataset(data_root=kitti_sample, pipeline=[])
    assert focals(dataset) == [pytest.approx(721.5377)] * len(dataset)


def test_generated_data(minidrive, tmp_path, builders):
    assert focals(MiniDriveDataset('test', data_root=minidrive, pipeline=[])) == [pytest.approx(0.58 * 128)] * 3
    root = builders.synthia(tmp_path, range(2))
    assert focals(SYNTHIADepthDataset(data_root=str(root), pipeline=[])) == [None] * 2
    assert focals(SYNTHIADepthDataset(data_root=str(root), focal_px=26.6, pipeline=[])) == [26.6] * 2


def test_a_sample_for_prediction_alone(pairs):
    dataset = DepthFolderDataset(data_root=str(pairs), data_prefix=dict(img_path='image', depth_map_path=None),
                                 test_mode=True, focal_px=50, pipeline=[])
    assert focals(dataset) == [50.0] * 3
