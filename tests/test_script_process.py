"""Scripts of tests run in processes that have what they need."""
import os

import pytest
from script_process import LIBRARIES, PRELOADED, run_code, run_script


@pytest.mark.parametrize('fresh', [False, True])
def test_a_script_has_what_it_needs_and_is_as_it_is_told_to_be(fresh, tmp_path):
    (tmp_path / 'beside.py').touch()
    (tmp_path / 'script.py').write_text(f'''
import os, sys, beside
expected = {LIBRARIES if fresh else PRELOADED}
assert [name for name in expected if name in sys.modules] == expected
assert 'mmdepthcls.commands.study' not in sys.modules and ('mmengine' in sys.modules) != {fresh}
import torch
print(__name__, sys.argv[1:], os.getcwd(), os.environ['ONE'], torch.get_num_threads())
print('a message', file=sys.stderr)
sys.exit(3)
''')
    for _ in range(2):
        result = run_script(tmp_path / 'script.py', 1, 'b', cwd=tmp_path, fresh=fresh, ONE='1')
        assert (result.returncode, result.stderr) == (3, 'a message\n')
        assert result.stdout == f"__main__ ['1', 'b'] {tmp_path} 1 1\n"
        assert 'ONE' not in os.environ


def test_code_that_fails_says_where(tmp_path):
    result = run_code('value = 1\ndef function():\n    return value / 0\nfunction()', cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, '') and 'ZeroDivisionError' in result.stderr
    assert run_code('import os; os.kill(os.getpid(), 9)').returncode == -9
