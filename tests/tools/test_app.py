"""``tools/app.py``: mistakes end it with a message, and Ctrl-C with nothing left behind."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from script_process import run_code, run_script

TOOL = Path(__file__).parents[2] / 'tools' / 'app.py'
WITHOUT_GRADIO = '''
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == 'gradio' else real(name, *rest)
from mmdepthcls.commands.app.app import run
sys.argv[1:] = []
sys.exit(run())
'''
needs_gradio = pytest.mark.skipif(not find_spec('gradio'), reason="pip install -e '.[app]' brings Gradio")


def test_gradio_is_named_where_it_is_missing(tmp_path):
    result = run_code(WITHOUT_GRADIO, cwd=tmp_path, fresh=False)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1, result.stderr
    assert 'Gradio' in result.stderr and 'app]' in result.stderr


@pytest.mark.parametrize(('options', 'expected'), [
    (['--port', '70000'], '--port must be 0 to 65535'), (['--port', 'x'], '--port'),
    (['--max-size', '0'], '--max-size must be positive'), (['--max-size', 'nan'], '--max-size must be positive'),
    (['--max-megapixels', '-1'], '--max-megapixels must be positive'),
    (['--model', 'nowhere.safetensors'], '--model nowhere.safetensors does not exist'),
    (['--model', '.'], '--model . is a folder')])
@pytest.mark.sliced(every=2)
def test_a_mistake_is_refused_at_once(options, expected, tmp_path):
    result = run_script(TOOL, *options, cwd=tmp_path)
    assert result.returncode == 2 and expected in result.stderr and 'Traceback' not in result.stderr


@needs_gradio
@pytest.mark.parametrize(('name', 'content', 'expected'), [
    ('notes.safetensors', b'these are words', 'notes.safetensors'), ('notes.onnx', b'these are words', 'notes.onnx')])
def test_what_is_no_model_is_refused(name, content, expected, tmp_path):
    (tmp_path / name).write_bytes(content)
    result = run_script(TOOL, '--port', '0', '--model', name, cwd=tmp_path, TMPDIR=str(tmp_path))
    assert result.returncode == 2 and expected in result.stderr and 'Traceback' not in result.stderr
    assert not list(tmp_path.glob('mmdepthcls-app-*'))


@needs_gradio
def test_a_port_that_is_used_is_refused(tmp_path):
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        result = run_script(TOOL, '--port', other.getsockname()[1], cwd=tmp_path, TMPDIR=str(tmp_path))
    assert result.returncode == 2 and 'in use' in result.stderr and not list(tmp_path.glob('mmdepthcls-app-*'))


@needs_gradio
@pytest.mark.long
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_it_ends_and_leaves_nothing(number, tmp_path):
    with open(tmp_path / 'log', 'w') as log:
        process = subprocess.Popen([sys.executable, TOOL, '--port', '0'], stdout=log, stderr=subprocess.STDOUT,
                                   cwd=tmp_path, env={**os.environ, 'TMPDIR': str(tmp_path)})
    try:
        deadline = time.monotonic() + 250
        while not (found := re.search(r'http://127.0.0.1:(\d+)/', (tmp_path / 'log').read_text())):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        assert list(tmp_path.glob('mmdepthcls-app-*'))
        with socket.create_connection(('127.0.0.1', int(found[1])), timeout=60) as person:  # who stays
            person.sendall(b'GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
            assert person.recv(15) == b'HTTP/1.1 200 OK'
            with socket.create_connection(('127.0.0.1', int(found[1])), timeout=60) as page:  # by which it says: open
                page.sendall(b'GET /gradio_api/heartbeat/abc HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
                heard = b''
                while b'ALIVE' not in heard:
                    heard += page.recv(1000)
                process.send_signal(number)
                assert process.wait(120) == (130 if number == signal.SIGINT else 143)
    finally:
        process.kill()
    text = (tmp_path / 'log').read_text()
    assert 'Traceback' not in text and 'Stopped' in text
    assert not list(tmp_path.glob('mmdepthcls-app-*'))
