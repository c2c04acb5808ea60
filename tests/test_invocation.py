import sys
from pathlib import Path

import pytest

from mmdepthcls import invocation

ROOT = Path(__file__).parents[1]


@pytest.fixture
def called(monkeypatch):
    """Sets how this process was called."""
    return lambda *argv: monkeypatch.setattr(sys, 'argv', list(map(str, argv)))


def test_the_program_keeps_the_arguments_of_a_command(called):
    called('/usr/local/bin/mmdepthcls', 'check-data', 'a.py', '--strict')
    invocation.begin('check-data')
    assert sys.argv[1:] == ['a.py', '--strict']
    assert invocation.program_name() == invocation.own_name() == 'mmdepthcls check-data'
    assert invocation.command('make-minidrive') == 'mmdepthcls make-minidrive'
    assert invocation.launched() == '-m mmdepthcls check-data'


def test_a_module(called):
    called(ROOT / 'mmdepthcls' / '__main__.py', 'train')
    invocation.begin('train')
    assert invocation.own_name() == 'mmdepthcls train'
    assert invocation.command('test') == 'python -m mmdepthcls test'
    assert invocation.launched() == '-m mmdepthcls train'


def test_a_script_is_named_as_it_is_reached_from_here(called, monkeypatch, tmp_path):
    called(ROOT / 'tools' / 'train.py', 'a.py')
    monkeypatch.chdir(ROOT)
    assert (invocation.program_name(), invocation.own_name()) == ('', 'train')
    assert invocation.command('make-minidrive') == 'python tools/make_minidrive.py'
    assert invocation.launched() == 'tools/train.py'
    monkeypatch.chdir(tmp_path)
    script = invocation.command('make-minidrive').removeprefix('python ')
    assert Path(script) == ROOT / 'tools' / 'make_minidrive.py' and Path(script).is_file()


@pytest.mark.parametrize('script', ['train.py', 'tools/train.py', '/elsewhere/tools/train.py', '', '-c'])
def test_other_programs_are_not_taken_for_this_packages_scripts(called, script, monkeypatch, tmp_path):
    """MMSegmentation's own tools have the same names."""
    monkeypatch.chdir(tmp_path)
    called(script)
    assert invocation.program_name() == ''
    assert invocation.command('check-data') == 'python tools/check_data.py'


def test_what_a_process_is_started_with_is_handed_on(called):
    from multiprocessing import get_context
    called('mmdepthcls', 'train')
    invocation.begin('train')
    with get_context('spawn').Pool(1) as pool:
        assert pool.apply(invocation.command, ('test', )) == 'mmdepthcls test'
