import os

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.checkpoint_writer import write_checkpoint
from mmdepthcls.hooks.resume_point import NothingGoodError, resume_point


def checkpoint(folder, name):
    folder.mkdir(exist_ok=True, parents=True)
    torch.save(dict(a=1), folder / name)
    return folder / name


@pytest.mark.parametrize('pointer', [
    '/somewhere/else/iter_2.pth', 'work_dirs/run/iter_2.pth', r'C:\Users\me\work_dirs\run\iter_2.pth', 'iter_2.pth',
    'https://host/iter_2.pth', '/gone/iter_2.pth\n', '../../iter_2.pth'])
def test_only_the_name_of_the_file_counts(tmp_path, pointer):
    path = checkpoint(tmp_path / 'run', 'iter_2.pth')
    checkpoint(tmp_path / 'run', 'iter_3.pth')
    checkpoint(tmp_path, 'iter_2.pth')
    (tmp_path / 'run/last_checkpoint').write_text(pointer)
    point = resume_point(tmp_path / 'run')
    assert point.path == str(path) and pointer.strip() in str(point)


def test_a_folder_where_it_was_needs_no_remark(tmp_path):
    path = checkpoint(tmp_path, 'iter_2.pth')
    (tmp_path / 'last_checkpoint').write_text(str(path))
    assert resume_point(tmp_path).remark == '' and str(resume_point(tmp_path)) == f'Resuming from {path}'


@pytest.mark.parametrize('pointer', [None, '', '\n', '/gone/iter_7.pth', 'http://host/evil.pth', '..', '/etc/passwd'])
def test_without_a_usable_pointer_the_newest_is_taken_and_said(tmp_path, pointer):
    for name in ('iter_9.pth', 'iter_10.pth', 'best_abs_rel_iter_99.pth', 'notes.pth'):
        checkpoint(tmp_path, name)
    os.utime(tmp_path / 'iter_9.pth')  # copying changes times
    if pointer is not None:
        (tmp_path / 'last_checkpoint').write_text(pointer)
    point = resume_point(tmp_path)
    assert point.path == str(tmp_path / 'iter_10.pth') and 'the newest there; last_checkpoint' in str(point)


def test_a_checkpoint_that_broke_off_is_not_resumed(tmp_path):
    checkpoint(tmp_path, 'epoch_1.pth')
    broken = checkpoint(tmp_path, 'epoch_2.pth')
    broken.write_bytes(broken.read_bytes()[:-100])
    (tmp_path / 'last_checkpoint').write_text(str(broken))
    point = resume_point(tmp_path)
    assert point.path == str(tmp_path / 'epoch_1.pth') and 'epoch_2.pth broken off' in point.remark


def test_nothing_to_resume_cannot_be_missed(tmp_path):
    assert resume_point(tmp_path / 'none').path is None
    for text in (None, '/gone/iter_1.pth'):
        if text:
            (tmp_path / 'last_checkpoint').write_text(text)
        assert resume_point(tmp_path).path is None
        assert str(resume_point(tmp_path)).startswith('NOTHING TO RESUME (last_checkpoint')
    checkpoint(tmp_path, 'best_abs_rel_iter_5.pth')  # has no optimizer
    assert resume_point(tmp_path).path is None


def test_checkpoints_that_the_hook_puts_elsewhere(tmp_path):
    path = checkpoint(tmp_path / 'big_disk/run', 'iter_1.pth')
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run/last_checkpoint').write_text(str(path))
    assert resume_point(f'{tmp_path}/run/', str(tmp_path / 'big_disk')).path == str(path)


@given(st.text())
def test_whatever_a_pointer_holds(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp('run')
    (folder / 'last_checkpoint').write_bytes(text.encode('utf-8', 'surrogatepass'))
    assert resume_point(folder).path is None


def harmed(path, harm):
    content = path.read_bytes()
    if harm == 'a bit':
        place = content.index(b'\x80\x02')  # in its description
        content = content[:place + 9] + bytes([content[place + 9] ^ 4]) + content[place + 10:]
    else:
        content = {'empty': b'', 'cut': content[:-100], 'text': b'<html>404</html>', 'zeros': bytes(len(content))}[harm]
    path.write_bytes(content)


@pytest.mark.parametrize('save', [write_checkpoint, torch.save], ids=['ours', 'stock'])
@pytest.mark.parametrize(('harm', 'said'), [
    ('a bit', 'iter_3.pth is damaged'), ('empty', 'iter_3.pth is empty'), ('cut', 'iter_3.pth broken off'),
    ('text', 'iter_3.pth broken off'), ('zeros', 'iter_3.pth broken off')])
def test_a_damaged_file_is_named_and_the_one_before_taken(tmp_path, save, harm, said):
    for number in (1, 2, 3):
        save(dict(state_dict=dict(a=torch.ones(100) * number)), tmp_path / f'iter_{number}.pth')
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_3.pth'))
    harmed(tmp_path / 'iter_3.pth', harm)
    point = resume_point(tmp_path)
    assert point.needed().path == str(tmp_path / 'iter_2.pth') and said in point.remark
    for number in (1, 2):
        harmed(tmp_path / f'iter_{number}.pth', harm)
    with pytest.raises(NothingGoodError, match=rf'Nothing can be resumed: .*{said}.*name another --work-dir'):
        resume_point(tmp_path).needed()


def test_a_kill_between_the_checkpoint_and_the_pointer(tmp_path):
    old, new = checkpoint(tmp_path, 'iter_2.pth'), checkpoint(tmp_path, 'iter_3.pth')
    pointer = tmp_path / 'last_checkpoint'
    pointer.write_text(str(old))
    assert resume_point(tmp_path).path == str(old)  # somebody has gone back
    os.utime(pointer, ns=(0, new.stat().st_mtime_ns - 1))
    point = resume_point(tmp_path)
    assert point.path == str(new) and 'finished after last_checkpoint was written' in point.remark
    harmed(new, 'cut')
    assert resume_point(tmp_path).path == str(old)
