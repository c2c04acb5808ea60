"""The doctor finds what is planted, names the file, and finds nothing in healthy trees."""
import shutil

import cv2
import mmcv
import numpy as np
import pytest

DRIVE = 'raw/2011_09_26/2011_09_26_drive_0001_sync'
TRUTH = 'annotated/train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02'
CALIB = 'raw/2011_09_26/calib_cam_to_cam.txt'
MINI = 'depth/train/000002.png'
COUNT = {'number of samples'}  # a tree of a few files is not the whole of SYNTHIA


def units(change):
    """Spoils a depth PNG: ``change`` gets its numbers as float64, what it returns is rounded."""
    def spoil(path):
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        changed = change(values.astype(np.float64))
        cv2.imwrite(str(path), np.clip(np.rint(changed), 0, 65535).astype(np.uint16))
    return spoil


def image(change):
    def spoil(path):
        cv2.imwrite(str(path), np.ascontiguousarray(change(cv2.imread(str(path)))).astype(np.uint8))
    return spoil


def content(change):
    """Spoils the bytes of a file."""
    return lambda path: path.write_bytes(bytes(change(bytearray(path.read_bytes()))))


def flipped(data):
    data[len(data) // 2] ^= 0xff
    return data


def cut(data):
    return data[:len(data) * 2 // 3]


def points(change):
    return lambda path: change(np.fromfile(path, np.float32).reshape(-1, 4)).astype(np.float32).tofile(path)


def array(change):
    return lambda path: np.save(path, change(np.load(path)))


def text(old, new):
    def spoil(path):
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return spoil


def from_file(name):
    """The file becomes a copy of another one."""
    return lambda path: shutil.copy(path.parent / name, path)


def with_nan(scan):
    scan[100, 1] = np.nan
    return scan


def resized(values):
    height, width = values.shape
    return cv2.resize(cv2.resize(values, (width // 2, height // 2)), (width, height))


def eight_bit(values):
    return np.rint(np.clip(values / values.max(), 0, 1) * 255) * 257


def lower_half_empty(values):
    values[len(values) // 2:] = 0
    return values


def with_hole(values):
    height, width = values.shape
    values[height // 2:height * 3 // 4, width // 3:width * 2 // 3] = 0
    return values


def with_spikes(values):
    values[np.random.default_rng(0).random(values.shape) < 0.03] = 60000
    return values


def noisy(values):
    return values * np.random.default_rng(0).lognormal(0, 0.3, values.shape)


# tree, file, how it is spoilt, kind of the finding
FAULTS = {
    'image deleted': ('minidrive', 'image/train/000002.png', lambda p: p.unlink(), 'missing file'),
    'depth deleted': ('minidrive', MINI, lambda p: p.unlink(), 'missing file'),
    'image empty file': ('minidrive', 'image/val/000001.png', content(lambda d: b''), 'empty file'),
    'image truncated': ('minidrive', 'image/test/000001.png', content(cut), 'damaged image'),
    'image byte flipped': ('minidrive', 'image/train/000003.png', content(flipped), 'damaged image'),
    'image black': ('minidrive', 'image/train/000003.png', image(lambda i: i * 0), 'empty image'),
    'image lower half black': ('minidrive', 'image/train/000003.png', image(lower_half_empty), 'image is partly empty'),
    'image gray': ('minidrive', 'image/train/000003.png', image(lambda i: i[..., 1:2].repeat(3, -1)), 'gray image'),
    'image is noise': ('minidrive', 'image/train/000003.png', image(
        lambda i: np.random.default_rng(0).integers(0, 255, i.shape)), 'image is noise'),
    'image is a depth map': ('minidrive', 'image/train/000003.png', from_file('../../depth/train/000003.png'),
                             'image is no picture'),
    'image is a depth map of three channels': ('minidrive', 'image/train/000003.png', lambda p: cv2.imwrite(
        str(p), cv2.imread(str(p.parents[2] / MINI), -1)[..., None].repeat(3, -1)), 'image is no picture'),
    'image with 12 of 16 bits': ('minidrive', 'image/train/000003.png', lambda p: cv2.imwrite(
        str(p), cv2.imread(str(p)).astype(np.uint16) * 16), 'image is dark'),
    'image of another size': ('minidrive', 'image/train/000003.png', image(lambda i: i[:-4]), 'unusual size'),
    'image of another scene': ('minidrive', 'image/train/000003.png', from_file('000004.png'),
                               'same image with other depth'),
    'depth truncated': ('minidrive', MINI, content(cut), 'damaged depth'),
    'depth byte flipped': ('minidrive', MINI, content(flipped), 'damaged depth'),
    'depth 8 bit': ('minidrive', MINI, lambda p: cv2.imwrite(str(p), cv2.imread(str(p), 0)), 'no metric depth'),
    'depth colored': ('minidrive', MINI, lambda p: cv2.imwrite(str(p), cv2.imread(str(p))), 'no metric depth'),
    'depth 8 bit stretched': ('minidrive', MINI, units(eight_bit), '8-bit depth saved as 16-bit'),
    'depth all zero': ('minidrive', MINI, units(lambda d: d * 0), 'no depth'),
    'depth constant': ('minidrive', MINI, units(lambda d: d * 0 + 5000), 'constant depth'),
    'depth smaller': ('minidrive', MINI, units(lambda d: d[::2, ::2]), 'size mismatch'),
    'depth in centimetres': ('minidrive', MINI, units(lambda d: d / 256 * 100), 'another unit'),
    'depth in millimetres': ('minidrive', MINI, units(lambda d: d / 256 * 1000), 'another unit'),
    'depth in metres': ('minidrive', MINI, units(lambda d: np.ceil(d / 256)), '8-bit depth saved as 16-bit'),
    'depth mirrored': ('minidrive', MINI, units(lambda d: d[:, ::-1]), 'depth is mirrored'),
    'depth upside down': ('minidrive', MINI, units(lambda d: d[::-1]), 'depth grows downwards'),
    'depth moved': ('minidrive', MINI, units(lambda d: np.roll(d, 25, 1)), 'depth is moved'),
    'depth inverse': ('minidrive', MINI, units(lambda d: np.where(d > 0, 3e7 / np.maximum(d, 1), 0)),
                      'depth grows downwards'),
    'depth with a hole': ('minidrive', MINI, units(with_hole), 'unusual region of depth'),
    'depth with spikes': ('minidrive', MINI, units(with_spikes), 'depth has spikes'),
    'depth noisy': ('minidrive', MINI, units(noisy), 'depth is noisy'),
    'depth of another scene': ('minidrive', MINI, from_file('000004.png'), 'same depth for two images'),
    'depth interpolated': ('minidrive', MINI, units(resized), 'interpolated depth'),
    'depth with fill value': ('minidrive', MINI, units(lambda d: np.where(d == 0, 70 * 256, d)), 'fill value'),
    'depth saturated': ('minidrive', MINI, units(lambda d: np.where(d == 0, 65535, d)), 'saturated depth'),
    'depth half empty': ('minidrive', MINI, units(lower_half_empty), 'unusual region of depth'),
    'bytes exchanged': ('minidrive', MINI, lambda p: cv2.imwrite(str(p), cv2.imread(str(p), -1).byteswap()),
                        'bytes swapped'),
    'line twice': ('minidrive', 'image/train/000002.png', lambda p: _append(p, 'train.txt', 2), 'sample twice'),
    'train image in test': ('minidrive', 'image/test/000001.png', from_file('../train/000002.png'),
                            'leakage: train sample in test'),
    'train image in test, compressed anew': ('minidrive', 'image/test/000001.png', lambda p: _recompress(p, False),
                                             'leakage: train sample in test'),
    'train image in test, mirrored': ('minidrive', 'image/test/000001.png', lambda p: _recompress(p, True),
                                      'leakage: train sample in test'),
    'train path in test': ('minidrive', 'image/train/000002.png', lambda p: _append(p, 'test.txt', 2),
                           'leakage: train sample in test'),
    'synthia image deleted': ('synthia', 'Depth/Depth/0000002.png', lambda p: _image_of(p).unlink(),
                              'depth without image'),
    'synthia depth colored': ('synthia', 'Depth/Depth/0000002.png', lambda p: _color(p), 'channels differ'),
    'synthia depth one channel': ('synthia', 'Depth/Depth/0000002.png', lambda p: cv2.imwrite(
        str(p), cv2.imread(str(p), -1)[..., 0]), 'no metric depth'),
    'jpeg truncated': ('folders', 'image/2.jpg', content(cut), 'damaged image'),
    'npy truncated': ('folders', 'depth/2.npy', content(cut), 'damaged depth'),
    'npy in millimetres': ('folders', 'depth/2.npy', array(lambda d: d.astype(float) * 1000), 'another unit'),
    'npy negative and NaN': ('folders', 'depth/2.npy', array(lambda d: np.where(d < 9, np.nan, d) - 10),
                             'numbers that are no depth'),
    'npy transposed': ('folders', 'depth/2.npy', array(lambda d: d.T), 'size mismatch'),
    'annotated depth deleted': ('kitti', f'{DRIVE}/image_02/data/0000000006.png',
                                lambda p: _truth_of(p).unlink(), 'missing ground truth'),
    'annotated depth of another frame': ('kitti', f'{TRUTH}/0000000006.png', from_file('0000000007.png'),
                                         'depth disagrees with another file'),
    'KITTI image deleted': ('kitti', f'{TRUTH}/0000000006.png', lambda p: _kitti_image_of(p).unlink(),
                            'depth without image'),
    'scan truncated': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin', content(lambda d: d[:-3]),
                       'damaged scan'),
    'scan with NaN': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin', points(with_nan), 'damaged scan'),
    'scan cut at a point': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin',
                            points(lambda s: s[:len(s) // 2]), 'scan is cut'),
    'scan in millimetres': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin', points(lambda s: s * 1000),
                            'scan in another unit or form'),
    'scan of another frame': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin',
                              from_file('0000000007.bin'), 'depth disagrees with another file'),
    'scan mirrored': ('kitti_scan', f'{DRIVE}/velodyne_points/data/0000000006.bin',
                      points(lambda s: s * [1, -1, 1, 1]), 'depth disagrees with another file'),
    'calibration of another size': ('kitti_scan', CALIB, text('160.0', '609.6'), 'calibration'),
    'calibration lacks a matrix': ('kitti_scan', 'raw/2011_09_26', lambda p: text('R_rect_00', 'R_rect_09')(
        p / 'calib_cam_to_cam.txt'), 'calibration'),
    'cameras exchanged': ('kitti_scan', CALIB, lambda p: text('P_rect_09', 'P_rect_03')(
        _renamed(p, ('P_rect_02', 'P_rect_09'), ('P_rect_03', 'P_rect_02'))), 'calibration'),
}


def _append(path, split, number):
    split = path.parents[2] / split
    name = f'train/{number:06d}.png'
    split.write_text(split.read_text() + f'image/{name} depth/{name}\n')


def _recompress(path, mirrored):
    picture = cv2.imread(str(path.parents[1] / 'train' / '000002.png'))
    _, data = cv2.imencode('.jpg', picture[:, ::-1] if mirrored else picture, [cv2.IMWRITE_JPEG_QUALITY, 60])
    cv2.imwrite(str(path), cv2.imdecode(data, 1))


def _image_of(path):
    return path.parents[2] / 'RGB' / path.name


def _truth_of(path):
    return path.parents[5] / TRUTH / path.name


def _kitti_image_of(path):
    return path.parents[6] / DRIVE / 'image_02' / 'data' / path.name


def _color(path):
    values = cv2.imread(str(path), -1)
    values[..., 0] //= 2
    cv2.imwrite(str(path), values)


def _as_png(path):
    cv2.imwrite(str(path.with_suffix('.png')), cv2.imread(str(path)))
    path.with_suffix('.png').rename(path)


def _renamed(path, *pairs):
    for old, new in pairs:
        text(old, new)(path)
    return path


@pytest.mark.parametrize('kind', ['minidrive', 'kitti', 'kitti_scan', 'synthia', 'folders'])
def test_a_healthy_tree_has_no_fault(kind, healthy, doctor):
    examination = doctor(kind, healthy[kind])
    faults = [f for f in examination.findings if f.level != 'note' and f.kind not in COUNT]
    assert not faults and not examination.failed()


@pytest.mark.sliced(every=4)
@pytest.mark.parametrize('name', FAULTS)
def test_a_planted_fault_is_found_and_named(name, copied, doctor):
    kind, file, spoil, expected = FAULTS[name]
    root = copied(kind)
    spoil(root / file)
    examination = doctor(kind, root)
    found = [f for f in examination.findings if f.level != 'note' and f.kind not in COUNT]
    assert [f for f in found if f.kind == expected and f.path == str(root / file)], found
    assert all(f.seen and f.remedy or f.level and f.seen for f in found)


@pytest.mark.parametrize('name', ['image deleted', 'depth truncated', 'depth in centimetres', 'scan cut at a point',
                                  'image gray', 'jpeg truncated', 'KITTI image deleted'])
def test_a_fault_of_one_file_blames_no_other(name, copied, doctor):
    kind, file, spoil, _ = FAULTS[name]
    root = copied(kind)
    spoil(root / file)
    assert {f.path for f in doctor(kind, root).findings if f.level != 'note'} == {str(root / file)}


def test_a_png_that_is_called_jpg_is_noted(copied, doctor):
    root = copied('folders')
    _as_png(root / 'image/2.jpg')
    found = [f for f in doctor('folders', root).findings if f.path == str(root / 'image/2.jpg')]
    assert [(f.level, f.kind) for f in found] == [('note', 'image under another ending')] and 'PNG' in found[0].seen


def test_color_images_of_16_bits_are_read_as_mmcv_does(copied, doctor):
    root = copied('minidrive')
    for path in sorted((root / 'image').glob('*/*.png')):
        picture = cv2.imread(str(path)).astype(np.uint16) * 256 + 77
        cv2.imwrite(str(path), picture)
        assert (mmcv.imfrombytes(path.read_bytes()) == picture >> 8).all()
    examination = doctor('minidrive', root)
    assert not [f for f in examination.findings if f.level != 'note']
    found, = {(f.kind, f.seen) for f in examination.findings if '16' in f.kind and 'train' in f.split}
    assert found[1].startswith('7 of 7 images') or found[1].startswith('13 of 13 images')
