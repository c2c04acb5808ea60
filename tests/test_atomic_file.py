"""Files that are there whole or not at all."""
import os

import pytest

from mmdepthcls.atomic_file import check_not_input, remove_leftovers, temporary_path, write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / 'a.bin'
    write_atomically(path, b'old')
    write_atomically(str(path), b'new')
    assert path.read_bytes() == b'new' and os.listdir(tmp_path) == ['a.bin']


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / 'a.bin'
    write_atomically(path, b'old')

    def disk_full(*args):
        raise OSError('disk full')

    monkeypatch.setattr(os, 'replace', disk_full)
    with pytest.raises(OSError, match='disk full'):
        write_atomically(path, b'new')
    assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['a.bin']


def test_what_is_read_is_not_written_over(tmp_path):
    source, other = tmp_path / 'a', tmp_path / 'b'
    source.write_bytes(b'1')
    (tmp_path / 'link').symlink_to(source)
    for out in (source, tmp_path / 'link', tmp_path / '..' / tmp_path.name / 'a'):
        with pytest.raises(ValueError, match='would be written over .*a, which is read'):
            check_not_input(out, None, 'https://host/a', source)
    with pytest.raises(ValueError, match='is a folder'):
        check_not_input(tmp_path)
    check_not_input(other, source)
    other.write_bytes(b'1')
    check_not_input(other, source, tmp_path / 'none')


def test_only_leftovers_of_processes_that_are_gone_are_removed(tmp_path):
    gone = ['.a.pth.99999999.tmp', '.last_checkpoint.99999999.tmp']
    kept = ['a.pth', '.a.pth.tmp', 'a.99999999.tmp', '.a.x9.tmp', temporary_path(tmp_path / 'a.pth').name]
    for name in (*gone, *kept):
        (tmp_path / name).write_bytes(b'x')
    (tmp_path / '.folder.99999999.tmp').mkdir()
    assert remove_leftovers(tmp_path) == gone and remove_leftovers(tmp_path / 'none') == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, '.folder.99999999.tmp'])


def test_what_is_durable_is_on_the_disk_before_its_name_is(tmp_path, monkeypatch):
    calls, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, 'fsync', lambda file: (calls.append('sync'), fsync(file)))
    monkeypatch.setattr(os, 'replace', lambda *args: (calls.append('rename'), replace(*args)))
    write_atomically(tmp_path / 'a', b'x', durably=True)
    assert calls == ['sync', 'rename', 'sync'] and (tmp_path / 'a').read_bytes() == b'x'
