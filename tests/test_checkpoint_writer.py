import errno
import os
import resource
import zipfile

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.checkpoint_writer import (
    BrokenWriteError,
    FullDiskError,
    NonFiniteError,
    allowing,
    not_finite,
    size_of,
    write_checkpoint,
)
from mmdepthcls.hooks.resume_point import damage_of


def checkpoint(value=0.5, count=1000):
    return dict(meta=dict(iter=3), state_dict={'a.weight': torch.full((count, ), value), 'a.steps': torch.tensor(7)})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_what_torch_writes(tmp_path):
    path = tmp_path / 'run/iter_3.pth'
    write_checkpoint(checkpoint(0.25), path)
    write_checkpoint(checkpoint(0.5), str(path))
    torch.save(checkpoint(0.5), tmp_path / 'other.pth')
    loaded = torch.load(path, weights_only=True)
    assert names(path.parent) == ['iter_3.pth'] and damage_of(path) == ''
    assert loaded['meta'] == dict(iter=3) and torch.equal(loaded['state_dict']['a.weight'], torch.full((1000, ), 0.5))
    with zipfile.ZipFile(path) as ours, zipfile.ZipFile(tmp_path / 'other.pth') as stock:
        contents = [sorted(each.read(name) for name in each.namelist()) for each in (ours, stock)]
    assert contents[0] == contents[1]


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
@pytest.mark.parametrize('key', ['state_dict', 'ema_state_dict', None])
def test_what_is_not_finite_takes_nobodys_place(tmp_path, value, key):
    path = tmp_path / 'iter_3.pth'
    write_checkpoint(checkpoint(), path)
    before, wrong = path.read_bytes(), {'running_var': torch.tensor([1.0, value], dtype=torch.float16)}
    content = wrong if key is None else {**checkpoint(), key: wrong}
    with pytest.raises(NonFiniteError, match=r'iter_3.pth is not written: 1 of .* \(running_var\)'):
        write_checkpoint(content, path)
    assert path.read_bytes() == before and names(tmp_path) == ['iter_3.pth']
    with allowing(frozenset({'running_var'})):  # infinite by design, but never NaN
        if value != value:
            with pytest.raises(NonFiniteError):
                write_checkpoint(content, path)
        else:
            write_checkpoint(content, path)


def test_large_numbers_are_finite():
    large = {str(dtype): torch.full((100, ), torch.finfo(dtype).max, dtype=dtype)
             for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e5m2)}
    assert not_finite(large | dict(complex=torch.ones(3, dtype=torch.complex64), empty=torch.zeros(0))) == []
    assert not_finite(dict(a=torch.tensor([1, float('nan')]).to(torch.float8_e5m2), b=torch.eye(3).to_sparse() * 1e999))
    assert not_finite(dict(a=torch.complex(torch.zeros(2), torch.tensor([0, float('inf')])))) == ['a']


def test_a_full_disk(tmp_path):
    """By a limit of the system on the size of files, which a quota is like."""
    path = tmp_path / 'iter_3.pth'
    write_checkpoint(checkpoint(), path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, limits[1]))
        with pytest.raises(FullDiskError, match=r'needs 8\.0 MB, and [\d.]+ MB are free in .* stays') as error:
            write_checkpoint(checkpoint(count=2_000_000), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.__cause__.errno == errno.EFBIG
    assert path.read_bytes() == before and names(tmp_path) == ['iter_3.pth']


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_when_it_is_synchronized(tmp_path, monkeypatch, number):
    def fsync(file):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, 'fsync', fsync)
    with pytest.raises(OSError if number == errno.EIO else FullDiskError):
        write_checkpoint(checkpoint(), tmp_path / 'iter_3.pth')
    assert names(tmp_path) == []


@pytest.mark.parametrize('harm', ['byte', 'end'])
def test_what_cannot_be_read_back_is_not_kept(tmp_path, monkeypatch, harm):
    path, fsync = tmp_path / 'iter_3.pth', os.fsync
    write_checkpoint(checkpoint(), path)
    before = path.read_bytes()

    def damage(file):
        fsync(file)
        if harm == 'byte':
            os.pwrite(file, b'!', 2001)
        else:
            os.ftruncate(file, 3000)

    monkeypatch.setattr(os, 'fsync', damage)
    with pytest.raises(BrokenWriteError, match='could not be read back'):
        write_checkpoint(checkpoint(0.75), path)
    assert path.read_bytes() == before and names(tmp_path) == ['iter_3.pth']


def test_sizes_count_what_is_shared_once():
    tensor = torch.zeros(1000)
    assert size_of(dict(a=[tensor, tensor[:10]], b=(dict(c=tensor), 3, 'text'), d=torch.zeros(5).double())) == 4040


@given(st.data())
def test_a_flipped_bit_is_noticed_or_means_nothing(tmp_path_factory, data):
    """Of any bit of the file, ours or as torch writes it: either its check sums say so, or what is loaded is what was
    saved."""
    path = tmp_path_factory.mktemp('run') / 'iter_3.pth'
    write_checkpoint(checkpoint(count=50), path)
    content = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    if not damage_of(path):  # of our seal
        loaded, whole = torch.load(path, weights_only=True), checkpoint(count=50)
        assert loaded['meta'] == whole['meta']
        assert all(torch.equal(loaded['state_dict'][name], value) for name, value in whole['state_dict'].items())
