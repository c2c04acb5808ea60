"""Files that are there whole or not at all."""
import os

import pytest

from mmdepthcls.atomic_file import write_atomically


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
