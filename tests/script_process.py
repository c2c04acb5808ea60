"""Scripts run as users run them, in processes of their own."""
import os
import runpy
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

LIMIT = 250  # s, less than the suite's for a test
# What the process has imported from which the others are forked (see conftest.py).
PRELOADED = ['mmdepthcls.registration', 'mmdepthcls.commands.train.train', 'mmdepthcls.commands.test.test']


def run_script(script, *arguments, cwd, fresh=False, **environment):
    """Run a Python script.

    Args:
        script (str or Path): file.
        *arguments: of its command line.
        cwd (str or Path): working directory.
        fresh (bool): start Python for it, which takes seconds of imports. Else it runs in a fork of a process that has
            imported ``PRELOADED`` and done nothing else. Each tool that is run so has a test that starts it fresh too.
        **environment (str): variables that differ from this process's.

    Returns:
        subprocess.CompletedProcess: with ``returncode``, ``stdout``, ``stderr`` (str).
    """
    command = [str(script), *map(str, arguments)]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', **environment}
    if fresh:
        return subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=cwd, env=environment)
    context = get_context('forkserver')
    with TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ('stdout', 'stderr')]
        process = context.Process(target=_be_script, args=(command, str(cwd), environment, files))
        process.start()
        process.join(LIMIT)
        if process.exitcode is None:
            process.kill()
            process.join()
        texts = [Path(file).read_text('utf-8') if os.path.exists(file) else '' for file in files]
    return subprocess.CompletedProcess(command, process.exitcode, *texts)


def _be_script(command, cwd, environment, files):
    for target, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), target)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = command
    sys.path.insert(0, os.path.dirname(command[0]))
    runpy.run_path(command[0], run_name='__main__')
