"""The page of ``mmdepthcls app`` as tests start it and use it in a browser."""
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
REPLACED = 'AbortError: New model is being loaded before previous model finished loading'
# Gradio's own: it ends streams (of a result, of an upload) from its side, its viewer tries WebGPU before WebGL, and it
# says so where points were replaced while they were loading, which is what a viewer should do.
USUAL = ('/gradio_api/queue/data', '/gradio_api/upload_progress', 'BJS - ', 'No available adapters', REPLACED)
START = 280  # s that a start may take on a busy machine
RESULT = 120_000  # ms that a result may take


@contextmanager
def running_app(folder, *arguments):
    """A running page: its address, the folder in which it keeps its files, and its process."""
    log = folder / 'log'
    with open(log, 'w') as output:
        process = subprocess.Popen(
            [sys.executable, '-m', 'mmdepthcls', 'app', '--port', '0', '--device', 'cpu', *arguments],
            stdout=output, stderr=subprocess.STDOUT, cwd=folder, env={
                **os.environ, 'TMPDIR': str(folder), 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1',
                'PYTHONUNBUFFERED': '1'})
    try:
        deadline = time.monotonic() + START
        while not (found := re.search(r'The page is at (\S+)', log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield SimpleNamespace(url=found[1], folder=folder, process=process, log=log)
        assert 'Traceback' not in log.read_text(), log.read_text()
    finally:
        process.terminate()
        process.wait(START)


def street(seed, height=90, width=160):
    """(H, W, 3) uint8 RGB."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def drop(page, path):
    """Give the page a file, and wait for what it says of it."""
    page.set_input_files('#drop input[type=file]', path)
    page.locator('#status').get_by_text(Path(path).name).wait_for(timeout=RESULT)


def metres(page):
    """What the page says of the point."""
    page.locator('.metres').wait_for()
    low, high = re.search(r'between ([\d.]+) and ([\d.]+) m', page.inner_text('#point')).groups()
    return float(page.inner_text('.metres').split()[0]), float(low), float(high)


def read(page, x, y):
    """Metres and interval at a pixel that is typed."""
    page.fill('#x input', str(x))
    page.fill('#y input', str(y))
    page.click('#measure button, button#measure')
    page.get_by_text(f'at x = {x}, y = {y}').wait_for()
    return metres(page)


def numbers(result, x, y):
    """The same of a result, as the page writes it."""
    return pytest.approx((result.depth[y, x], *result.interval[:, y, x]), abs=0.0051)


def complaints(visit):
    """What pages complained of, but for what is usual. A picture that is replaced while it loads is let go of by the
    browser: no failure of the page's, whose own would be a status or a connection."""
    failed = [each for each in visit.failed if not ('/gradio_api/file=' in each and each.endswith('net::ERR_ABORTED'))]
    return [each for each in (*visit.page_errors, *visit.console_errors, *failed)
            if not any(text in each for text in USUAL)]
