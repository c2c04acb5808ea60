from pathlib import Path

import pytest

from mmdepthcls.commands.running.config_files import find_config, near_configs
from mmdepthcls.commands.running.program import UsageError

CONFIGS = Path(__file__).parents[3] / 'configs'
NAME = 'deeplabv2_r18_minidrive_sid71'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('name', [NAME, f'{NAME}.py', f'mmdepthcls::{NAME}', CONFIGS / NAME, CONFIGS / f'{NAME}.py'])
def test_a_shipped_config_is_found_from_anywhere(name):
    assert find_config(str(name)) == str(CONFIGS / f'{NAME}.py')


@pytest.mark.parametrize('name', [NAME, f'{NAME}.py'])
def test_a_file_here_wins(here, name):
    (here / f'{NAME}.py').write_text('a = 1\n')
    assert find_config(name) == f'{NAME}.py'
    assert find_config(f'mmdepthcls::{NAME}') == str(CONFIGS / f'{NAME}.py')


def test_a_folder_here_does_not(here):
    """Such as that of its training, in work_dirs."""
    (here / NAME).mkdir()
    assert find_config(NAME) == str(CONFIGS / f'{NAME}.py')


def test_a_study_is_found_by_its_name():
    rooms = ('study', '')
    assert find_config('minidrive', rooms) == str(CONFIGS / 'study' / 'minidrive.py')
    with pytest.raises(UsageError, match='config minidrive does not exist'):
        find_config('minidrive')
    with pytest.raises(UsageError, match='config minidrve does not exist. Near it: minidrive.py'):
        find_config('minidrve', rooms)


def test_near_ones_can_be_given_as_they_are_named(here):
    (here / 'deeplabv2_r18_minidrive_mine.py').write_text('a = 1\n')
    near = near_configs('deeplabv2_r18_minidrive_mina')
    assert near[0] == 'deeplabv2_r18_minidrive_mine.py' and len(near) == 3
    for name in near:
        assert find_config(name)


def test_bases_of_this_package_are_looked_at(here):
    (here / 'a.py').write_text("_base_ = ['mmdepthcls::_base_/default_runtime.py', 'mmseg::nothing.py']\n")
    assert find_config('a') == 'a.py'
    (here / 'b.py').write_text("_base_ = 'mmdepthcls::_base_/default_runtim.py'\n")
    with pytest.raises(UsageError, match='config b.py builds on mmdepthcls::_base_/default_runtim.py: .* Near it: '
                                         'mmdepthcls::_base_/default_runtime.py'):
        find_config('b.py')
