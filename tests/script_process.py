"""Scripts run as users run them, in processes of their own."""
import atexit
import json
import os
import subprocess
import sys
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import fork_server

LIMIT = 250  # s, less than the suite's for a test
# What the process has imported from which others are forked (see conftest.py): all that most tools need.
PRELOADED = ['mmdepthcls.registration', 'mmdepthcls.commands.train.train', 'mmdepthcls.commands.test.test',
             'mmdepthcls.apis.depth_inferencer', 'mmseg.engine', 'mmseg.evaluation', 'matplotlib.figure',
             'matplotlib.backends.backend_agg', 'torch.utils.tensorboard', 'yapf.yapflib.yapf_api']
# What takes most of the time of a fresh start, and is nothing of ours or the host's.
LIBRARIES = ['torch', 'torch.distributed.optim', 'cv2', 'matplotlib.pyplot']


def run_script(script, *arguments, cwd, fresh=False, limit=LIMIT, **environment):
    """Run a Python script.

    Args:
        script (str or Path): file.
        *arguments: of its command line.
        cwd (str or Path): working directory.
        fresh (bool): with nothing imported but ``LIBRARIES``. Else it runs in a fork of a process that has imported
            ``PRELOADED`` and done nothing else, which is quicker by seconds. Each tool that is run so has a test that
            starts it fresh too.
        limit (float): s, after which it is ended.
        **environment (str): variables that differ from this process's.

    Returns:
        subprocess.CompletedProcess: with ``returncode``, ``stdout``, ``stderr`` (str).
    """
    return _run([str(script), *map(str, arguments)], cwd, environment, _fresh if fresh else _forked, limit)


def run_code(code, *, cwd='.', fresh=True, **environment):
    """Run Python code; by default ``fresh``, else as :func:`run_script`."""
    return _run(['-c', code], cwd, environment, _fresh if fresh else _forked)


def _run(command, cwd, environment, run, limit=LIMIT):
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', **environment}
    with TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ('stdout', 'stderr')]
        status = run(dict(command=command, cwd=str(cwd), environment=environment, files=files, limit=limit))
        texts = [Path(file).read_text('utf-8') if os.path.exists(file) else '' for file in files]
    return subprocess.CompletedProcess(command, status, *texts)


def _forked(request):
    process = get_context('forkserver').Process(target=fork_server.become, kwargs=request)
    process.start()
    process.join()
    return process.exitcode


def _fresh(request):
    server = _server()
    print(json.dumps(request), file=server.stdin, flush=True)
    return int(server.stdout.readline())


@cache
def _server():
    server = subprocess.Popen(
        [sys.executable, fork_server.__file__, *LIBRARIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.communicate)  # its stdin ends, and so does it
    return server
