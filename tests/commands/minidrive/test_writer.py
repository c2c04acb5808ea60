import json
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import sample_scene
from mmdepthcls.commands.minidrive.writer import SPLITS, encode_depth, make_minidrive, sample_generators

SIZE = dict(height=32, width=104)
COUNTS = dict(num_train=3, num_val=2, num_test=2)


def make(root, **changes):
    return make_minidrive(root, **{**COUNTS, **SIZE, 'workers': 1, 'progress': False, **changes})


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp('minidrive') / 'root')


def contents(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob('*') if path.is_file()}


def png_header(path):
    """(width, height, bit depth, color type) from the bytes of a PNG's first chunk."""
    head = path.read_bytes()[:26]
    assert head[:8] == b'\x89PNG\r\n\x1a\n' and head[12:16] == b'IHDR'
    return struct.unpack('>IIBB', head[16:26])


def test_layout(made):
    expected = {'minidrive.json'} | {f'{split}{suffix}.txt' for split in SPLITS for suffix in ('', '_sparse')}
    for split, count in zip(SPLITS, (3, 2, 2), strict=True):
        expected |= {f'{kind}/{split}/{i:06d}.png' for kind in ('image', 'depth', 'depth_sparse') for i in range(count)}
    assert set(contents(made)) == expected
    assert (made / 'val.txt').read_text() == (
        'image/val/000000.png depth/val/000000.png\nimage/val/000001.png depth/val/000001.png\n'
    )
    assert (made / 'test_sparse.txt').read_text().split()[:2] == [
        'image/test/000000.png',
        'depth_sparse/test/000000.png',
    ]
    manifest = json.loads((made / 'minidrive.json').read_text())
    assert manifest['counts'] == {'train': 3, 'val': 2, 'test': 2}
    assert (manifest['seed'], manifest['height'], manifest['width']) == (0, 32, 104)
    assert manifest['focal_px'] == pytest.approx(0.58 * 104)


def test_png_formats(made):
    assert png_header(made / 'image/train/000000.png') == (104, 32, 8, 2)
    for kind in ('depth', 'depth_sparse'):
        path = made / kind / 'train/000000.png'
        assert png_header(path) == (104, 32, 16, 0)
        by_pillow, by_cv2 = np.array(Image.open(path)), cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert by_cv2.dtype == np.uint16 and (by_pillow == by_cv2).all()


def test_files_hold_what_was_rendered(made):
    image, depth = render(sample_scene(sample_generators(0, 'val', 1)[0]), **SIZE)
    assert (np.array(Image.open(made / 'image/val/000001.png')) == image).all()  # RGB, not BGR
    stored = np.array(Image.open(made / 'depth/val/000001.png')).astype(float) / 256
    assert np.abs(stored - depth).max() <= 1 / 512
    assert ((stored == 0) == (depth == 0)).all()
    sparse = np.array(Image.open(made / 'depth_sparse/val/000001.png')).astype(float) / 256
    assert ((sparse == 0) | (sparse == stored)).all() and 0.02 < (sparse > 0).mean() < 0.06


def test_encoding_rounds_to_nearest():
    depth = np.array([[0, 1 / 512 - 1e-6, 1.0, 80.001, 255.0]], np.float32)
    assert encode_depth(depth).tolist() == [[0, 0, 256, 20480, 65280]]


def test_workers_change_no_byte(made, tmp_path):
    assert contents(make(tmp_path / 'two', workers=2)) == contents(made)


def test_seed_changes_every_picture(made, tmp_path):
    other = contents(make(tmp_path / 'other', seed=1))
    assert all(other[name] != data for name, data in contents(made).items() if name.endswith('.png'))


def test_no_scene_is_in_two_splits(made):
    pictures = [data for name, data in contents(made).items() if name.startswith('depth/')]
    assert len(set(pictures)) == len(pictures) == 7
    first = {
        tuple(rng.integers(1 << 62, size=2)) for s in SPLITS for i in range(500) for rng in sample_generators(0, s, i)
    }
    assert len(first) == 3 * 500 * 2


def test_resumes_and_keeps_what_is_complete(tmp_path):
    root = make(tmp_path / 'root')
    before = contents(root)
    times = {path: path.stat().st_mtime_ns for path in root.rglob('*.png')}
    lost = root / 'depth/train/000001.png'
    lost.unlink()
    make(root)
    assert contents(root) == before
    again = {path for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert again == {root / kind / 'train/000001.png' for kind in ('image', 'depth', 'depth_sparse')}


def test_grows_but_does_not_shrink(tmp_path):
    root = make(tmp_path / 'root', num_train=1)
    make(root, num_train=2)
    assert len((root / 'train.txt').read_text().splitlines()) == 2
    with pytest.raises(FileExistsError, match=r"larger.*'train': 2.*'train': 1"):
        make(root, num_train=1)


@pytest.mark.parametrize(
    ('change', 'message'),
    [(dict(seed=5), 'seed: found 0, expected 5'), (dict(width=64), 'width: found 104, expected 64')],
    ids=['seed', 'size'],
)
def test_refuses_another_minidrive(made, change, message):
    before = contents(made)
    with pytest.raises(FileExistsError, match=message) as error:
        make(made, **change)
    assert str(made) in str(error.value) and 'another folder' in str(error.value)
    assert contents(made) == before


def test_refuses_foreign_folders_and_files(tmp_path):
    (tmp_path / 'mine.txt').write_text('precious')
    with pytest.raises(FileExistsError, match='not empty and holds no minidrive.json'):
        make(tmp_path)
    with pytest.raises(NotADirectoryError, match='is a file'):
        make(tmp_path / 'mine.txt')
    assert contents(tmp_path) == {'mine.txt': b'precious'}


@pytest.mark.parametrize('text', ['{', '[]', '{"counts": {}}'])
def test_refuses_a_broken_manifest(tmp_path, text):
    (tmp_path / 'minidrive.json').write_text(text)
    with pytest.raises(ValueError, match='not a MiniDrive manifest'):
        make(tmp_path)


@pytest.mark.parametrize(
    'change', [dict(num_train=-1), dict(height=0), dict(width=2.5), dict(seed=-1), dict(workers=0)], ids=str
)
def test_refuses_impossible_numbers(tmp_path, change):
    (name,) = change
    with pytest.raises(ValueError, match=f'{name} must be a whole number'):
        make(tmp_path / 'root', **change)
    assert not (tmp_path / 'root').exists()


def test_progress_goes_to_stderr(tmp_path, capfd):
    make(tmp_path / 'root', num_train=1, num_val=0, num_test=0, progress=True)
    out, err = capfd.readouterr()
    assert out == '' and 'MiniDrive: 1/1 scenes' in err
