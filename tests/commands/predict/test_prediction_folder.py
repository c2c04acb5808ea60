"""Which files belong to which picture: nothing is lost, doubled, half, or written over."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.commands.predict.file_kinds import FILM, KINDS
from mmdepthcls.commands.predict.prediction_folder import PredictionFolder
from mmdepthcls.commands.predict.prediction_manifest import FolderError
from mmdepthcls.evaluation.files.predicted_files import MANIFEST

PNG = {'png': '.png', 'color': '_color.png'}
NAMES = st.lists(st.sampled_from(
    ['a.jpg', 'a.png', 'A.JPG', 'a_color.png', 'a_color_color.png', 'a', 'a_png.jpg', 'sub/a.jpg', 'sub/a.jpeg',
     'a_jpg.png', 'ä.png', 'ä.png', 'a_jpg_2.x', 'color_bar.png', 'a.b.png', 'a_mm.png']), unique=True)


def write_all(folder, sources, kinds=PNG, content=b'x'):
    """Write what is missing; the names of what was written."""
    written = []
    for source in sources:
        job = folder.plan(source, kinds)
        if job is not None:
            folder.write(job, {kind: content for kind in job.files}, {})
            written += job.files.values()
    return written


@given(names=NAMES, split=st.integers(0, 16))
@settings(max_examples=30)
def test_equal_names_never_collide(tmp_path_factory, names, split):
    """Also where upper and lower case are the same, beside the colored pictures of others, and in a second run."""
    place = tmp_path_factory.mktemp('names')
    kinds = {kind: each.suffix for kind, each in KINDS.items()}
    written = []
    for part in (names[:split], names):
        with PredictionFolder(place, {}) as folder:
            written += write_all(folder, [PictureSource(name) for name in part], kinds)
    assert len({name.casefold() for name in written}) == len(names) * len(kinds)
    assert all((place / name).is_file() for name in written)
    assert not {name.casefold() for name in written} & {'color_bar.png', MANIFEST}
    assert all(os.path.dirname(name) in ('', 'sub') for name in written)
    with PredictionFolder(place, {}) as folder:
        assert write_all(folder, [PictureSource(name) for name in reversed(names)], kinds) == []


def test_a_second_run_writes_what_is_missing(tmp_path):
    source = PictureSource('sub/a.jpg')
    with PredictionFolder(tmp_path, {}) as folder:
        assert write_all(folder, [source]) == ['sub/a.png', 'sub/a_color.png']
    (tmp_path / 'sub/a.png').unlink()
    (tmp_path / 'sub/.a.png.123.tmp').write_bytes(b'half')
    with PredictionFolder(tmp_path, {}) as folder:
        assert write_all(folder, [source], {**PNG, 'npy': '.npy'}) == ['sub/a.png', 'sub/a.npy']
        assert write_all(folder, [source], {**PNG, 'npy': '.npy'}) == []
    assert sorted(path.name for path in (tmp_path / 'sub').iterdir()) == ['a.npy', 'a.png', 'a_color.png']
    with PredictionFolder(tmp_path, {}) as folder:
        assert write_all(folder, [source], {**PNG, 'npy': '.npy'}) == []


def test_a_picture_that_was_changed_is_predicted_anew(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'1')
    source = PictureSource('a.jpg', str(tmp_path / 'a.jpg'))
    with PredictionFolder(tmp_path / 'out', {}) as folder:
        assert write_all(folder, [source], content=b'old') == ['a.png', 'a_color.png']
        assert write_all(folder, [source]) == []
        (tmp_path / 'a.jpg').write_bytes(b'22')
        assert write_all(folder, [source], {'png': '.png'}, b'new') == ['a.png']
    assert (tmp_path / 'out/a.png').read_bytes() == b'new' and not (tmp_path / 'out/a_color.png').exists()


def test_nothing_of_others_is_written_over(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'mine')
    with PredictionFolder(tmp_path, {}) as folder, pytest.raises(FolderError, match=r'a\.png is there already'):
        write_all(folder, [PictureSource('a.jpg')])
    assert (tmp_path / 'a.png').read_bytes() == b'mine'
    with PredictionFolder(tmp_path, {}, force=True) as folder:
        write_all(folder, [PictureSource('a.jpg')])
    assert (tmp_path / 'a.png').read_bytes() == b'x'


def test_what_is_read_is_never_written_over(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'picture')
    (tmp_path / 'out').symlink_to(tmp_path)
    source = PictureSource('a.png', str(tmp_path / 'a.png'))
    for place in (tmp_path, tmp_path / 'out'):
        with PredictionFolder(place, {}, [source.path], force=True) as folder, \
                pytest.raises(FolderError, match='is a picture that is read'):
            write_all(folder, [source])
    assert (tmp_path / 'a.png').read_bytes() == b'picture'


def test_other_settings_are_refused(tmp_path):
    with PredictionFolder(tmp_path, dict(model='a', fov=None)) as folder:
        write_all(folder, [PictureSource('a.jpg')])
    with pytest.raises(FolderError, match='model=a, and now it is b'):
        PredictionFolder(tmp_path, dict(model='b', fov=None))
    with pytest.raises(FolderError, match='fov=None, and now it is 60'):
        PredictionFolder(tmp_path, dict(model='a', fov=60))
    with PredictionFolder(tmp_path, dict(model='b'), force=True) as folder:
        assert write_all(folder, [PictureSource('a.jpg')]) == ['a.png', 'a_color.png']


@pytest.mark.parametrize('cut', range(1, 60, 7))
def test_a_line_that_was_cut_off_is_forgotten(tmp_path, cut):
    sources = [PictureSource('a.jpg'), PictureSource('b.jpg')]
    with PredictionFolder(tmp_path, {}) as folder:
        write_all(folder, sources)
    manifest = tmp_path / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-cut])
    for name in ('b.png', 'b_color.png'):
        (tmp_path / name).unlink()
    with PredictionFolder(tmp_path, {}) as folder:
        assert write_all(folder, sources) == ['b.png', 'b_color.png']
    lines = manifest.read_text().splitlines()
    assert [json.loads(line).get('picture') for line in lines] == [None, 'a.jpg', 'b.jpg']


def test_a_full_disk_leaves_nothing_by_halves(tmp_path):
    """A real one: /dev/full cannot be a folder, so a limit on the size of files stands for it."""
    resource = pytest.importorskip('resource')
    code = f'''
import resource, signal
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.commands.predict.prediction_folder import PredictionFolder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with PredictionFolder({str(tmp_path)!r}, {{}}) as folder:
    job = folder.plan(PictureSource('a.jpg'), dict(png='.png', npy='.npy'))
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
    folder.write(job, dict(png=b'x' * 100, npy=b'x' * 10000), {{}})
'''
    assert resource
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert 'OSError' in result.stderr and 'File too large' in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.png', MANIFEST]
    with PredictionFolder(tmp_path, {}) as folder:
        assert write_all(folder, [PictureSource('a.jpg')], dict(png='.png', npy='.npy')) == ['a.npy']


def test_frames_of_films(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'film')
    frames = [PictureSource(f'a.mp4/{index:06d}', image=np.zeros((2, 2, 3), np.uint8), film=str(tmp_path / 'a.mp4'))
              for index in range(2)]
    with PredictionFolder(tmp_path / 'out', {}) as folder:
        assert write_all(folder, frames, {'png': '.png'}) == ['a.mp4/000000.png', 'a.mp4/000001.png']
        film = PictureSource('a.mp4', str(tmp_path / 'a.mp4'))
        assert write_all(folder, [film], {FILM: '_color.mp4'}) == ['a_color.mp4']
    with PredictionFolder(tmp_path / 'out', {}) as folder:
        assert write_all(folder, frames, {'png': '.png'}) == []
