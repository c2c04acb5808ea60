"""--help of every tool prints the help, at once and alone."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = sorted((Path(__file__).parents[2] / 'tools').glob('*.py'))


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('tool', TOOLS, ids=lambda tool: tool.stem)
def test_help_is_the_help_alone(tool, tmp_path):
    # Importing any of the hosts takes seconds: there they cannot be imported at all.
    for name in ('mmengine', 'mmcv', 'mmseg'):
        (tmp_path / f'{name}.py').write_text('raise RuntimeError("a host was imported")\n')
    path = os.pathsep.join([str(tmp_path), str(TOOLS[0].parents[1])])
    result = subprocess.run([sys.executable, tool, '--help'], capture_output=True, text=True, cwd=tmp_path,
                            env={**os.environ, 'PYTHONPATH': path, 'COLUMNS': '80'})
    assert result.returncode == 0, result.stderr
    assert result.stderr == ''
    assert result.stdout.startswith(f'usage: {tool.name} ')
    assert '--verbose' in result.stdout and '--debug' in result.stdout
    assert 'default: None' not in result.stdout and ') (default' not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120
