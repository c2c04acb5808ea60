"""The one program: ``mmdepthcls COMMAND`` and ``python -m mmdepthcls COMMAND``."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmdepthcls
from mmdepthcls.__main__ import main, overview
from mmdepthcls.commands import COMMANDS

ROOT = Path(__file__).parents[1]


@pytest.fixture
def start(capsys, monkeypatch, tmp_path):
    """Runs the program in this process, as its console script does. Returns status, output and messages."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, by='mmdepthcls'):
        monkeypatch.setattr(sys, 'argv', [by, *map(str, arguments)])
        try:
            status = main()
        except SystemExit as end:  # argparse
            status = end.code
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize('argument', ['--help', '--version'])
def test_a_reader_that_has_gone_is_no_error(argument):
    command = f'(sleep 0.1; {sys.executable} -m mmdepthcls {argument}) | true'
    result = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert (result.returncode, result.stderr) == (0, '')


@pytest.mark.parametrize('arguments', [(), ('--help', ), ('-h', )])
def test_the_help_lists_every_command_in_order(start, arguments):
    status, out, err = start(*arguments)
    assert (status, err) == (0, '')
    listed = [line.split(maxsplit=1) for line in out.splitlines() if line.startswith('  ')]
    assert [(name, what) for name, what in listed] == [(name, what) for name, (_, what) in COMMANDS.items()]
    assert out.startswith('usage: mmdepthcls COMMAND') and max(map(len, out.splitlines())) <= 100


def test_the_help_fits_the_terminal():
    wide, narrow = overview(), overview(80)
    assert max(map(len, wide.splitlines())) > 80 >= max(map(len, narrow.splitlines()))
    assert narrow.split() == wide.split()
    assert all(line[2] != ' ' or line.startswith(' ' * 20) for line in narrow.splitlines() if line.startswith('  '))


def test_version(start):
    assert start('--version') == (0, f'mmdepthcls {mmdepthcls.__version__}\n', '')


@pytest.mark.parametrize(('command', 'near'), [
    ('trian', 'train'), ('check_data', 'check-data'), ('prepare', 'prepare-kitti, prepare-synthia'), ('Test', 'test')])
def test_an_unknown_command_is_refused_and_near_ones_are_named(start, command, near):
    status, out, err = start(command, 'config.py')
    assert (status, out) == (2, '') and len(err.splitlines()) == 1
    assert f'mmdepthcls: there is no command {command!r}. Near it: {near}' in err


def test_an_unknown_command_that_is_like_none(start):
    status, _, err = start('xyzzy')
    assert status == 2 and 'Near' not in err and 'mmdepthcls --help lists all' in err


def test_a_command_has_a_script_of_its_name_and_no_script_is_left_over():
    scripts = {path.stem.replace('_', '-') for path in (ROOT / 'tools').glob('*.py')}
    assert scripts == set(COMMANDS)


@pytest.mark.parametrize('by', ['/usr/bin/mmdepthcls', '/somewhere/mmdepthcls/__main__.py'])
@pytest.mark.parametrize('command', COMMANDS)
def test_the_help_of_a_command_begins_with_how_it_was_called(start, command, by):
    status, out, err = start(command, '--help', by=by)
    assert (status, err) == (0, '')
    assert out.startswith(f'usage: mmdepthcls {command} [-h]') and '--verbose' in out
    assert 'python tools/' not in out


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['train', 'nothing'], 'mmdepthcls train: config nothing does not exist\n'),
    (['train'], 'mmdepthcls train: error: the following arguments are required: config\n'),
    (['check-data', 'nothing.py'], 'mmdepthcls check-data: config nothing.py does not exist\n')])
def test_messages_begin_with_how_it_was_called(start, arguments, expected):
    status, out, err = start(*arguments)
    assert (status, out) == (2, '') and err.endswith(expected)


@pytest.mark.parametrize(('by', 'shown'), [('mmdepthcls', 'mmdepthcls'), ('__main__.py', 'python -m mmdepthcls')])
def test_other_commands_are_named_as_this_one_was_called(start, by, shown, tmp_path):
    folder = tmp_path / 'scenes'
    (folder / 'a\\b').mkdir(parents=True)
    status, _, err = start('prepare-synthia', folder / 'a', by=by)
    assert status == 2 and f'run {shown} prepare-synthia {folder} --repair' in err


def test_python_runs_the_package(tmp_path):
    result = subprocess.run([sys.executable, '-m', 'mmdepthcls', 'prepare-kitti', '--lines', '0'], text=True,
                            capture_output=True, cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert (result.returncode, result.stdout) == (2, '')
    assert result.stderr.endswith('mmdepthcls prepare-kitti: error: --lines must be at least 1, got 0\n')
