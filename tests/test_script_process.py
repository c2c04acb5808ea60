"""Scripts of tests run in processes that have what they need."""
import os

from script_process import PRELOADED, run_script


def test_a_fork_has_imported_the_host_and_is_as_it_is_told_to_be(tmp_path):
    (tmp_path / 'script.py').write_text(f'''
import os, sys
assert {PRELOADED} == [name for name in {PRELOADED} if name in sys.modules], 'a module was not preloaded'
assert 'mmdepthcls.commands.study' not in sys.modules
import torch
print(sys.argv[1:], os.getcwd(), os.environ['ONE'], torch.get_num_threads())
print('a message', file=sys.stderr)
sys.exit(3)
''')
    result = run_script(tmp_path / 'script.py', 1, 'b', cwd=tmp_path, ONE='1')
    assert (result.returncode, result.stderr) == (3, 'a message\n')
    assert result.stdout == f"['1', 'b'] {tmp_path} 1 1\n"
    assert 'ONE' not in os.environ
