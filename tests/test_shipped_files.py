from pathlib import Path

import pytest

from mmdepthcls import shipped_files
from mmdepthcls.shipped_files import base_config, near_names, shipped_config, shipped_folder

ROOT = Path(__file__).parents[1]
NAME = 'deeplabv2_r18_minidrive_sid71'


def test_every_config_is_found_by_its_name():
    for path in (ROOT / 'configs').rglob('*.py'):
        name = path.relative_to(ROOT / 'configs').with_suffix('').as_posix()
        for spelling in (name, f'{name}.py', f'mmdepthcls::{name}', f'mmdepthcls::{name}.py'):
            assert shipped_config(spelling) == path


def test_rooms_are_looked_into_in_order():
    assert shipped_config('minidrive') is None
    assert shipped_config('minidrive', ('study', '')) == ROOT / 'configs' / 'study' / 'minidrive.py'
    assert shipped_config(NAME, ('', 'study')) == ROOT / 'configs' / f'{NAME}.py'


@pytest.mark.parametrize('name', ['', '.', 'mmdepthcls::', 'nothing', '../configs/' + NAME, 'study/../' + NAME,
                                  str(ROOT / 'configs' / NAME), 'study', 'metafile.yaml', 'mmdepthcls::../setup'])
def test_nothing_else_is(name):
    assert shipped_config(name) is None


def test_a_base_that_is_not_there_names_near_ones():
    assert base_config(f'mmdepthcls::{NAME}.py') == ROOT / 'configs' / f'{NAME}.py'
    with pytest.raises(FileNotFoundError, match='Near it: mmdepthcls::_base_/models/deeplabv2_r18-d8.py'):
        base_config('mmdepthcls::_base_/models/deeplabv2_r18_d8.py')
    with pytest.raises(FileNotFoundError, match='no such config in '):
        base_config('mmdepthcls::xyzzy')
    assert near_names(NAME[:-1])[0] == f'{NAME}.py'


def test_an_installed_package_has_its_own(tmp_path, monkeypatch):
    """And takes nothing for its own that lies beside it among other packages."""
    package = tmp_path / 'site-packages' / 'mmdepthcls'
    for folder in (package / '.mim' / 'configs', package / '.mim' / 'tools', package.parent / 'tools'):
        folder.mkdir(parents=True)
    assert shipped_files.is_checkout()
    monkeypatch.setattr(shipped_files, 'PACKAGE', package)
    assert shipped_folder('configs') == package / '.mim' / 'configs'
    assert shipped_folder('tools') == package / '.mim' / 'tools' and not shipped_files.is_checkout()
