"""Tools run in the test's own process."""
import runpy
import sys

import pytest


@pytest.fixture
def run_here(capsys, monkeypatch, tmp_path):
    """Runs a tool in this process, which has no terminal. Returns status, output and messages."""
    monkeypatch.chdir(tmp_path)

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [str(tool), *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(tool), run_name='__main__')
        return end.value.code, *capsys.readouterr()

    return run
