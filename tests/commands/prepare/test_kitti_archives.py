"""From an incomplete tree to a complete one, over the wire."""
import shutil
from collections import namedtuple

import pytest

from mmdepthcls.commands.prepare import kitti_archives
from mmdepthcls.commands.prepare.download import NoAnswerError
from mmdepthcls.commands.prepare.kitti_archives import (
    Archive,
    Fetched,
    ask_sizes,
    check_disk,
    fetch_archives,
    is_wanted,
    needed_archives,
)
from mmdepthcls.commands.prepare.kitti_files import check_kitti

DRIVE = '2011_09_26_drive_0001'
SYNC = f'raw_data/{DRIVE}/{DRIVE}_sync.zip'


def check(root, **kwargs):
    return check_kitti(root, progress=False, **kwargs)


def names(archives):
    return sorted(archive.url_path for archive in archives)


@pytest.fixture
def served(server, serve_kitti, kitti, small_split):
    """A server with the archives of the complete small tree; the paths."""
    return serve_kitti(kitti, small_split)


@pytest.fixture
def fetch(server, patience):
    """Fetches what a report misses; returns what became of each archive."""

    def fetch(report, everything=False, **kwargs):
        archives, faults = ask_sizes(needed_archives(report), server.url, patience=patience)
        assert faults == []
        return list(fetch_archives(archives, is_wanted(report, everything), server.url, patience=patience,
                                   **dict(progress=False) | kwargs))

    return fetch


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_the_eigen_split_needs_61_drives_5_calibrations_and_the_annotated_maps(tmp_path):
    paths = names(needed_archives(check(tmp_path, probe=False)))
    assert len(paths) == 67 and paths[0] == 'data_depth_annotated.zip'
    assert f'raw_data/{DRIVE}/{DRIVE}_sync.zip' in paths and 'raw_data/2011_10_03_calib.zip' in paths
    paths = names(needed_archives(check(tmp_path, ground_truths=['velodyne_png'], splits=['val'])))
    assert len(paths) == 5 and 'data_depth_velodyne.zip' in paths


def test_only_what_is_missing_is_needed(kitti):
    assert needed_archives(check(kitti)) == []
    (kitti / f'raw/2011_09_26/{DRIVE}_sync/velodyne_points/data/0000000005.bin').unlink()
    assert names(needed_archives(check(kitti))) == [SYNC]
    (kitti / 'projected').mkdir()  # what this project makes cannot be fetched
    assert names(needed_archives(check(kitti, ground_truths=['velodyne_png']))) == []


@pytest.mark.parametrize('jobs', [1, 4])
def test_an_empty_tree_becomes_complete(kitti, served, fetch, tmp_path, jobs):
    results = fetch(check(tmp_path / 'new'), jobs=jobs)
    assert sorted(result.name for result in results) == sorted(path.rpartition('/')[2] for path in served)
    assert check(tmp_path / 'new').complete
    new, whole = files_below(tmp_path / 'new'), files_below(kitti)
    assert all(whole[name] == data for name, data in new.items() if not name.startswith('downloads/'))
    assert not any('image_03' in name for name in new)
    assert len([name for name in new if name.startswith('downloads/')]) == len(served)


def test_everything(kitti, served, fetch, tmp_path):
    fetch(check(tmp_path / 'new', ground_truths=['annotated', 'velodyne']), everything=True, delete_archives=True)
    assert files_below(tmp_path / 'new') == files_below(kitti)


def test_scans_are_skipped_where_nobody_wants_them(served, fetch, tmp_path):
    fetch(check(tmp_path, ground_truths=['annotated']))
    assert not any('velodyne_points' in name for name in files_below(tmp_path / 'raw'))


def test_archives_are_deleted_only_when_their_content_is_there(kitti, served, fetch):
    sync = kitti / f'raw/2011_09_26/{DRIVE}_sync'
    shutil.rmtree(sync / 'image_02')
    (sync / 'velodyne_points/data/0000000005.bin').write_bytes(bytes(64000))
    result, = fetch(check(kitti), delete_archives=True)
    assert result.conflicts == [str(sync / 'velodyne_points/data/0000000005.bin')] and not result.deleted
    assert (kitti / f'downloads/{DRIVE}_sync.zip').exists()
    (sync / 'velodyne_points/data/0000000005.bin').unlink()
    assert check(kitti).missing
    result, = fetch(check(kitti), delete_archives=True)
    assert result.deleted and list((kitti / 'downloads').iterdir()) == [] and check(kitti).complete


def test_an_archive_that_is_there_is_not_fetched_again(kitti, served, fetch, server):
    (kitti / 'downloads').mkdir()
    (kitti / f'downloads/{DRIVE}_sync.zip').write_bytes(server.files[SYNC])
    shutil.rmtree(kitti / f'raw/2011_09_26/{DRIVE}_sync')
    fetch(check(kitti))
    assert check(kitti).complete and server.log == []


def test_one_bad_archive_does_not_stop_the_others(served, server, fetch, tmp_path):
    server.files[SYNC] = b'no archive' * 100
    results = fetch(check(tmp_path))
    messages = [result for result in results if isinstance(result, str)]
    assert len(messages) == 1 and f'{DRIVE}_sync.zip: the archive is damaged' in messages[0]
    assert {files.drive for files in check(tmp_path).missing} == {DRIVE}


def test_a_missing_archive_is_named_and_the_rest_can_be_had(served, server, tmp_path, patience):
    del server.files[SYNC]
    archives, faults = ask_sizes(needed_archives(check(tmp_path)), server.url, patience=patience)
    assert len(archives) == len(served) - 1
    assert len(faults) == 1 and f'{server.url}{SYNC}: the server answers 404' in faults[0]


def test_without_a_net_one_answer_is_enough(tmp_path, patience):
    with pytest.raises(NoAnswerError, match='given up after 3'):
        ask_sizes(needed_archives(check(tmp_path)), 'http://127.0.0.1:9/', patience=patience)


def test_the_line_counts_to_the_end(kitti, served, server, fetch, tmp_path, capsys):
    server.faults[SYNC] = [('drop', 5000), 'ignore range']
    fetch(check(tmp_path / 'new'), progress=True)
    assert ', 0 s left' in capsys.readouterr().err.splitlines()[-1]


def test_room_on_the_disk(tmp_path, monkeypatch):
    archives = [Archive('a.zip', tmp_path / 'downloads/a.zip', tmp_path / 'raw', size=10 * 10**9, fetched=4 * 10**9),
                Archive('b.zip', tmp_path / 'downloads/b.zip', tmp_path / 'raw', size=10 * 10**9)]

    def free(size):
        monkeypatch.setattr(kitti_archives.shutil, 'disk_usage', lambda path: namedtuple('Usage', 'free')(size * 10**9))

    free(41)
    check_disk(archives)  # 24 unpacked and 16 still to come
    free(39)
    with pytest.raises(OSError, match=r'need about 40.0 GB, but 39.0 GB are free.*--delete-archives'):
        check_disk(archives)
    check_disk(archives, delete_archives=True, jobs=1)  # 24 and 10
    free(33)
    with pytest.raises(OSError, match='need about 34.0 GB'):
        check_disk(archives, delete_archives=True, jobs=1)


def test_an_interrupted_run_goes_on(served, server, fetch, tmp_path, patience):
    server.faults[SYNC] = [('drop', 3000), 404]
    assert sum(isinstance(result, str) for result in fetch(check(tmp_path))) == 1
    archives, _ = ask_sizes(needed_archives(check(tmp_path)), server.url, patience=patience)
    assert [archive.fetched for archive in archives] == [3000]
    assert isinstance(fetch(check(tmp_path))[0], Fetched) and check(tmp_path).complete
    assert server.gets(SYNC)[-1] == 'bytes=3000-'
