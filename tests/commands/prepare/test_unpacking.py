"""Archives that are well, damaged, or malicious."""
import contextlib
import os
import stat
import threading
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdepthcls.commands.prepare.unpacking import UnpackError, unpack

GOOD = {'a/0.png': b'zero', 'a/b/1.png': b'one' * 1000, 'c.txt': b''}


@pytest.fixture
def pack(tmp_path, zip_bytes):
    """Writes an archive of the members and returns its path."""

    def pack(members, **kwargs):
        path = tmp_path / 'x.zip'
        path.write_bytes(zip_bytes(members, **kwargs))
        return path

    return pack


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def raw_name(name, mode=0):
    """A member whose name is not tidied up by ``zipfile``."""
    info = zipfile.ZipInfo('x')
    info.filename = name
    info.external_attr = mode << 16
    return info


def test_everything_arrives(pack, tmp_path):
    counts = []
    result = unpack(pack(GOOD), tmp_path / 'to', on_member=counts.append)
    assert result == (3, 0, 0, []) and files_below(tmp_path / 'to') == GOOD and len(counts) == 3


def test_folders_of_the_archive_do_no_harm(pack, tmp_path):
    assert unpack(pack({'a/': b'', **GOOD}), tmp_path / 'to').written == 3


def test_only_what_is_wanted(pack, tmp_path):
    assert unpack(pack(GOOD), tmp_path / 'to', wanted=lambda name: name.startswith('a/b')) == (1, 0, 2, [])
    assert files_below(tmp_path / 'to') == {'a/b/1.png': GOOD['a/b/1.png']}


def test_equal_files_are_kept_and_others_never_overwritten(pack, tmp_path, builders):
    kept = builders.write(tmp_path / 'to/a/0.png', GOOD['a/0.png'])
    before = kept.stat().st_mtime_ns
    builders.write(tmp_path / 'to/a/b/1.png', b'One' * 1000)  # of equal size
    result = unpack(pack(GOOD), tmp_path / 'to')
    assert result == (1, 1, 0, [str(tmp_path / 'to/a/b/1.png')])
    assert files_below(tmp_path / 'to') == {**GOOD, 'a/b/1.png': b'One' * 1000}
    assert kept.stat().st_mtime_ns == before


def test_a_folder_or_dead_link_in_the_place_of_a_file_is_kept(pack, tmp_path):
    (tmp_path / 'to/a/0.png').mkdir(parents=True)
    (tmp_path / 'to/c.txt').symlink_to('nowhere')
    assert len(unpack(pack(GOOD), tmp_path / 'to').conflicts) == 2
    assert not (tmp_path / 'to/nowhere').exists()


@pytest.mark.parametrize('name', [
    '../evil', 'a/../../evil', '/evil', '//evil', 'a//b', './a', 'a/./b', 'C:/evil', 'C:evil', 'a\\..\\evil',
    '..\\evil', 'a\0.png', 'a\nb', 'file:stream', 'a /b', 'a./b', '', '..', '.'])
def test_names_that_are_no_plain_path(pack, tmp_path, name):
    archive = pack({'a/0.png': b'x', raw_name(name): b'evil'})
    before = files_below(tmp_path)
    with pytest.raises(UnpackError, match='x.zip: .*is refused.*Nothing was unpacked'):
        unpack(archive, tmp_path / 'to/deep')
    assert files_below(tmp_path) == before


@pytest.mark.parametrize('kind', [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, stat.S_IFDIR])
def test_links_and_devices(pack, tmp_path, kind):
    with pytest.raises(UnpackError, match="'link' is refused: it is a link or a device"):
        unpack(pack({raw_name('link', kind | 0o777): b'/etc/passwd'}), tmp_path / 'to')
    assert not (tmp_path / 'to').exists()


@pytest.mark.parametrize('names', [('a', 'a'), ('a', 'A'), ('a', 'a/b'), ('a/b/c', 'A/b')])
@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_one_name_twice(pack, tmp_path, names):
    with pytest.raises(UnpackError, match='occurs twice'):
        unpack(pack({raw_name(name): b'x' for name in names}), tmp_path / 'to')


def test_bombs(pack, tmp_path):
    with pytest.raises(UnpackError, match=r'all files together: 8000000 bytes out of \d+, no honest file'):
        unpack(pack({'a': bytes(8_000_000)}), tmp_path / 'to')
    archive = pack({'a': bytes(2_000_000), 'noise': os.urandom(50_000)})
    with pytest.raises(UnpackError, match=r'a: 2000000 bytes out of \d+, no honest file'):
        unpack(archive, tmp_path / 'to')
    with pytest.raises(UnpackError, match='holds 2050000 bytes, more than 2000000'):
        unpack(archive, tmp_path / 'to', max_bytes=2_000_000, max_ratio=1e9)
    assert not (tmp_path / 'to').exists()
    assert unpack(archive, tmp_path / 'to', max_ratio=1e9).written == 2


def test_members_that_share_their_bytes(pack, tmp_path):
    archive = pack({f'{index:02d}': os.urandom(2**21) if index == 0 else b'' for index in range(2)},
                   compression=zipfile.ZIP_STORED)
    with zipfile.ZipFile(archive, 'a') as file:
        first = file.infolist()[0]
        for index in range(2, 300):  # the directory names the first member again and again
            info = zipfile.ZipInfo(f'{index:03d}')
            info.CRC, info.file_size, info.compress_size = first.CRC, first.file_size, first.compress_size
            info.header_offset, info.compress_type = first.header_offset, first.compress_type
            file.filelist.append(info)
            file.NameToInfo[info.filename] = info
        file._didModify = True
    with pytest.raises(UnpackError, match='all files together'):
        unpack(archive, tmp_path / 'to')


def test_a_lie_about_the_size_is_found(pack, tmp_path):
    archive = pack({'a': b'x' * 1000})
    data = archive.read_bytes()
    archive.write_bytes(data.replace((1000).to_bytes(4, 'little'), (10).to_bytes(4, 'little')))
    with pytest.raises(UnpackError, match='the archive is damaged'):
        unpack(archive, tmp_path / 'to')
    assert files_below(tmp_path / 'to') == {}


def test_damaged_bytes_are_found_and_whole_files_stay(pack, tmp_path):
    noise = os.urandom(100_000)
    archive = pack({'good': b'good', 'bad': noise}, compression=zipfile.ZIP_STORED)
    archive.write_bytes(archive.read_bytes().replace(noise[5000:5100], bytes(100)))
    with pytest.raises(UnpackError, match='x.zip: the archive is damaged .*bad.*Delete it and fetch it again'):
        unpack(archive, tmp_path / 'to')
    assert files_below(tmp_path / 'to') == {'good': b'good'}


@pytest.mark.parametrize('cut', [0, 10, -30])
def test_no_archive(pack, tmp_path, cut):
    archive = pack(GOOD)
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(UnpackError, match='damaged'):
        unpack(archive, tmp_path / 'to')


def test_encrypted(pack, tmp_path):
    archive = pack({'a': b'x'})
    data = bytearray(archive.read_bytes())
    data[data.index(b'PK\x01\x02') + 8] |= 1
    archive.write_bytes(bytes(data))
    with pytest.raises(UnpackError, match='encrypted'):
        unpack(archive, tmp_path / 'to')


def test_too_small_a_disk_is_said_before(pack, tmp_path, monkeypatch):
    from collections import namedtuple

    from mmdepthcls.commands.prepare import unpacking
    monkeypatch.setattr(unpacking.shutil, 'disk_usage', lambda path: namedtuple('Usage', 'free')(100))
    with pytest.raises(OSError, match='unpacking needs 0.0 GB, but 0.0 GB are free'):
        unpack(pack(GOOD), tmp_path / 'to')
    assert files_below(tmp_path / 'to') == {}


def test_stopped_and_finished(pack, tmp_path):
    archive, stop = pack(GOOD), threading.Event()
    with pytest.raises(InterruptedError, match='Run it again'):
        unpack(archive, tmp_path / 'to', stop=stop, on_member=lambda count: stop.set())
    assert files_below(tmp_path / 'to') == {'a/0.png': b'zero'}
    assert unpack(archive, tmp_path / 'to') == (2, 1, 0, [])


def test_what_a_killed_run_left_is_removed(pack, tmp_path, builders):
    ended = 2**22 + 1  # larger than any process number of Linux
    for name in (f'.0.png.{ended}.tmp', f'.mine.{ended}.tmp', f'.0.png.{os.getppid()}.tmp', '.0.png.x.tmp'):
        builders.write(tmp_path / 'to/a' / name, b'part')
    unpack(pack(GOOD), tmp_path / 'to')
    left = sorted(path.name for path in (tmp_path / 'to/a').glob('.*'))
    assert left == sorted([f'.mine.{ended}.tmp', f'.0.png.{os.getppid()}.tmp', '.0.png.x.tmp'])


PART = (st.sampled_from(['..', '.', '', 'a', 'b', 'C:', '~', '\\', '..\\', ' ', 'a\0', '%2e%2e', '/etc'])
        | st.text(st.characters(codec='utf-8'), max_size=4))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(PART, max_size=5).map('/'.join), st.sampled_from([0, stat.S_IFLNK, stat.S_IFREG])),
                max_size=4, unique_by=lambda entry: entry[0]))
def test_unpacking_never_leaves_the_folder(tmp_path_factory, zip_bytes, entries):
    root = tmp_path_factory.mktemp('any')
    target = root / 'outer' / 'to'
    (root / 'x.zip').write_bytes(zip_bytes({raw_name(name, kind): b'../..' for name, kind in entries}))
    with contextlib.suppress(UnpackError, OSError):
        unpack(root / 'x.zip', target)
    outside = [path for path in root.rglob('*') if target not in path.parents and path not in (target, target.parent)]
    assert outside == [root / 'x.zip']
    assert not any(path.is_symlink() for path in root.rglob('*'))
