"""The public names that scripts and configs rely on, frozen: ``public_surface.txt`` has them with their signatures."""
import difflib
import inspect

import pytest
from public_surface import MODULES, TABLE, members, signature_of, surface
from script_process import run_code


def test_the_public_surface_is_as_it_was(tmp_path):
    # In a process of its own: other tests register classes.
    code = f'import sys; sys.path.insert(0, {str(TABLE.parent)!r}); from public_surface import table; ' \
           f'open({str(tmp_path / "now")!r}, "w", encoding="utf-8").write(table())'
    result = run_code(code, fresh=False)
    assert result.returncode == 0, result.stderr
    before, now = (path.read_text('utf-8').splitlines() for path in (TABLE, tmp_path / 'now'))
    changes = list(difflib.unified_diff(before, now, 'public_surface.txt', 'the package', n=0, lineterm=''))
    assert not changes, '\n'.join(['The public surface has changed. If that is meant: python tests/public_surface.py, '
                                   'and tell it in CHANGELOG.md', *changes])


@pytest.mark.parametrize('module', MODULES)
def test_everything_public_has_a_docstring_and_hints(module):
    for name, value in surface()[module].items():
        for each, path in [(value, name), *((member, f'{name}.{key}') for key, member in _members(value).items())]:
            signature = signature_of(each)
            if inspect.isclass(each) or signature is not None:
                assert each.__doc__, f'{module}.{path} has no docstring'
            if signature is not None:
                hints = {key: parameter.annotation for key, parameter in signature.parameters.items()}
                hints |= {} if inspect.isclass(each) else {'what it returns': signature.return_annotation}
                bare = [key for key, hint in hints.items() if hint is inspect.Signature.empty]
                assert not bare, f'{module}.{path}: no hint for {", ".join(bare)}'


def _members(value):
    return members(value) if inspect.isclass(value) else {}
