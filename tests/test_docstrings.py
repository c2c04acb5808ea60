"""Examples in docstrings give what they say."""
import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted('.'.join(path.relative_to(ROOT).with_suffix('').parts) for path in (ROOT / 'mmdepthcls').rglob('*.py')
                 if re.search(r'>>> (?!.*doctest: \+SKIP)', path.read_text('utf-8')))


@pytest.mark.parametrize('name', MODULES)
def test_examples(name):
    result = doctest.testmod(import_module(name))
    assert result.attempted and not result.failed
