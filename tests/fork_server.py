"""A process that imports libraries once, then runs each script that it is told of in a fork of itself.

A line of JSON on stdin tells the arguments of :func:`become`; the exit status is answered by a line on stdout.
"""
import gc
import json
import os
import runpy
import signal
import sys


def become(command, cwd, environment, files, limit):
    """Run a script as Python itself would.

    Args:
        command (list[str]): the script and its arguments, or '-c' and code.
        cwd (str): working directory.
        environment (dict[str, str]): all variables. PYTHONPATH is that of the server.
        files (list[str]): what takes stdout and stderr.
        limit (int): seconds after which it is killed.
    """
    gc.freeze()  # as in conftest.py
    signal.alarm(limit)
    for target, file in enumerate((os.devnull, *files)):
        os.dup2(os.open(file, os.O_RDONLY if target == 0 else os.O_WRONLY | os.O_CREAT), target)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    if command[0] == '-c':
        sys.argv, sys.path[0] = ['-c', *command[2:]], ''
        exec(compile(command[1], '<string>', 'exec'), vars(sys.modules['__main__']))
    else:
        sys.argv, sys.path[0] = command, os.path.dirname(command[0])
        runpy.run_path(command[0], run_name='__main__')


def serve():
    """Until stdin ends. A child leaves by running its script."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(**json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == '__main__':
    for library in sys.argv[1:]:
        __import__(library)
    serve()
