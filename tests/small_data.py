"""Small data in the formats of the real ones. PNG files are written here without OpenCV, which the package uses."""
import struct
import zlib
from types import SimpleNamespace

import numpy as np

DRIVE = '2011_09_26_drive_0001'
HEIGHT, WIDTH = 20, 64
CALIB_CAM_TO_CAM = """calib_time: 09-Jan-2012 13:57:47
corner_dist: 9.950000e-02
S_02: 1.392000e+03 5.120000e+02
P_rect_00: 40 0 31.7 0 0 40 9.6 0 0 0 1 0
R_rect_00: {r_rect}
P_rect_02: 40 0 31.7 1.8 0 40 9.6 0.09 0 0 1 0.0027
P_rect_03: 40 0 31.7 -13.6 0 40 9.6 0.87 0 0 1 0.0027
"""
CALIB_VELO_TO_CAM = """calib_time: 15-Mar-2012 11:37:16
R: 0.0075 -0.99997 -0.0006 0.0148 0.0007 -0.9998 0.99986 0.0075 0.0148
T: -0.004 -0.076 -0.272
delta_f: 0 0
"""
R_RECT = '0.99992 0.00984 -0.00744 -0.00987 0.99994 -0.00427 0.00740 0.00435 0.99996'


def png_bytes(array):
    """A PNG from the specification: (H, W) or (H, W, 3) in RGB order, uint8 or uint16."""
    height, width = array.shape[:2]
    channels = array.shape[2] if array.ndim == 3 else 1
    rows = array.astype(array.dtype.newbyteorder('>')).reshape(height, -1)
    body = b''.join(b'\0' + row.tobytes() for row in rows)
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack('>IIBBBBB', width, height, array.dtype.itemsize * 8, color_type, 0, 0, 0)
    chunks = [(b'IHDR', header), (b'IDAT', zlib.compress(body)), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks)


def write(path, content):
    """Write bytes, text or (as PNG) an array; makes the folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = png_bytes(content) if isinstance(content, np.ndarray) else content
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def random_image(seed=0, shape=(HEIGHT, WIDTH)):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def random_units(seed=0, shape=(HEIGHT, WIDTH), valid=0.4):
    """Depth PNG values, 0 where nothing is measured."""
    rng = np.random.default_rng(seed)
    return (rng.integers(256, 20000, shape) * (rng.random(shape) < valid)).astype(np.uint16)


def random_scan(seed=0, num=4000):
    """LiDAR points in front of, beside and behind the car, many to a pixel."""
    rng = np.random.default_rng(seed)
    ranges = ((-10, 60), (-30, 30), (-3, 3), (0, 1))  # x, y, z in metres, reflectance
    points = np.stack([rng.uniform(*limits, num) for limits in ranges], axis=1)
    points[::3, :3] *= rng.uniform(0.05, 1, (len(points[::3]), 1))
    return points.astype(np.float32)


def write_pairs(root, num=3, shape=(HEIGHT, WIDTH)):
    """``num`` images and depth maps in ``image`` and ``depth``, listed in ``split.txt``."""
    lines = []
    for index in range(num):
        write(root / f'image/{index}.png', random_image(index, shape))
        write(root / f'depth/{index}.png', random_units(index, shape))
        lines.append(f'image/{index}.png depth/{index}.png')
    write(root / 'split.txt', '\n'.join(lines) + '\n')
    return root


def write_kitti(root, frames=(0, 5, 6, 11), with_depth=(5, 6), drive=DRIVE, part='train', suffix='png'):
    """A drive in KITTI's own layout, both cameras; annotated and projected PNGs for ``with_depth``."""
    day = root / 'raw' / drive[:10]
    write(day / 'calib_cam_to_cam.txt', CALIB_CAM_TO_CAM.format(r_rect=R_RECT))
    write(day / 'calib_velo_to_cam.txt', CALIB_VELO_TO_CAM)
    for frame in frames:
        stem = f'{frame:010d}'
        write(day / f'{drive}_sync/velodyne_points/data/{stem}.bin', random_scan(frame).tobytes())
        for camera in (2, 3):
            image = write(day / f'{drive}_sync/image_0{camera}/data/{stem}.png', random_image(frame + camera))
            if suffix != 'png':
                import cv2
                cv2.imwrite(str(image.with_suffix(f'.{suffix}')), random_image(frame + camera))
                image.unlink()
            for offset, kind in ((0, 'groundtruth'), (100, 'velodyne_raw')):
                if frame in with_depth:
                    write(root / f'annotated/{part}/{drive}_sync/proj_depth/{kind}/image_0{camera}/{stem}.png',
                          random_units(frame + camera + offset))
    return root


def write_synthia(root, numbers, nested=True):
    """SYNTHIA's layout: RGB images and 3-channel 16-bit centimetres."""
    for number in numbers:
        write(root / f'RGB/{number:07d}.png', random_image(number))
        units = random_units(number, valid=1)
        folder = 'Depth/Depth' if nested else 'Depth'
        write(root / f'{folder}/{number:07d}.png', np.stack([units] * 3, axis=-1))
    return root


def contents(root):
    """Every file's bytes by its path below a folder."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob('*') if path.is_file()}


# All of it as one object, for tests that build something special.
BUILDERS = SimpleNamespace(
    png_bytes=png_bytes, write=write, image=random_image, units=random_units, scan=random_scan, pairs=write_pairs,
    kitti=write_kitti, synthia=write_synthia, contents=contents, drive=DRIVE, size=(HEIGHT, WIDTH))
