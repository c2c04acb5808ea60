import importlib
import sys

import pytest

from mmdepthcls.import_hooks import after_import, around_import, before_import


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Name of a package that counts how often it is executed."""
    folder = tmp_path / 'a_package_to_import'
    folder.mkdir()
    (folder / '__init__.py').write_text('from . import inner\nvalue = 1\n')
    (folder / 'inner.py').write_text('value = 2\n')
    monkeypatch.syspath_prepend(tmp_path)
    yield folder.name
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def test_functions_are_called_before_and_after_the_import_once(module):
    calls = []
    before_import(module, lambda: calls.append(module in sys.modules))
    after_import(module, lambda loaded: calls.append(loaded.value))
    after_import(f'{module}.inner', lambda loaded: calls.append(loaded.value))
    assert calls == []
    importlib.import_module(module)
    assert calls == [False, 2, 1]
    importlib.reload(sys.modules[module])
    assert calls == [False, 2, 1]


def test_of_what_is_imported_already_functions_are_called_at_once(module):
    calls = []
    loaded = importlib.import_module(module)
    before_import(module, lambda: calls.append('before'))
    after_import(module, calls.append)
    assert calls == ['before', loaded]


def test_a_function_executes_the_module_in_its_place(module):
    calls = []

    def twice(loaded, run):
        calls.append(hasattr(loaded, 'value'))
        run()
        calls.append(loaded.value)
        run()

    around_import(module, twice)
    assert importlib.import_module(module).value == 1 and calls == [False, 1]
    around_import(module, twice)  # too late: nothing happens
    importlib.import_module(module)
    assert calls == [False, 1]


def test_a_module_keeps_its_own_loader_and_source(module):
    after_import(module, lambda loaded: None)
    loaded = importlib.import_module(module)
    assert type(loaded.__spec__.loader).__module__.startswith('_frozen_importlib')
    assert loaded.__loader__ is loaded.__spec__.loader
    assert 'value = 1' in loaded.__loader__.get_source(module)


def test_a_module_that_does_not_exist_stays_an_import_error():
    after_import('no_such_module_anywhere', lambda loaded: None)
    with pytest.raises(ModuleNotFoundError, match='no_such_module_anywhere'):
        importlib.import_module('no_such_module_anywhere')
