"""A web server with Range requests and faults to order, and KITTI's archives made from small trees."""
import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmdepthcls.commands.prepare import kitti_files
from mmdepthcls.commands.prepare.download import Patience


class Server(ThreadingHTTPServer):
    """Serves ``files`` (path -> bytes). ``faults`` (path -> list) are used up, one a GET request.

    A fault is a status, ('drop', N): close after N bytes, 'ignore range', ('length', N): claim N bytes, 'silent',
    'other part', 'no length', or 'weak': an ETag that promises little and no date.
    """
    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.files, self.faults, self.log = {}, {}, []
        self.closing = threading.Event()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_address[1]}/'

    def gets(self, path):
        """The Range headers of all GET requests for a file."""
        return [wanted for method, of, wanted in self.log if method == 'GET' and of == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(send=False)

    def do_GET(self):
        self.answer(send=True)

    def answer(self, send):
        path, server, wanted = self.path.lstrip('/'), self.server, self.headers.get('Range')
        server.log.append((self.command, path, wanted))
        self.close_connection = True
        faults = server.faults.get(path, [])
        fault = faults.pop(0) if faults and send else None
        if fault == 'silent':
            server.closing.wait(20)
            return
        if isinstance(fault, int) or path not in server.files:
            self.send_response(fault or 404)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        data = server.files[path]
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        start = int(wanted[len('bytes='):-1]) if wanted else 0
        partly = wanted and fault != 'ignore range' and self.headers.get('If-Range') == etag
        if not partly:
            start = 0
        start -= fault == 'other part'
        self.send_response(206 if partly else 200)
        if partly:
            self.send_header('Content-Range', f'bytes {start}-{len(data) - 1}/{len(data)}')
        self.send_header('ETag', f'W/{etag}' if fault == 'weak' or 'weak' in faults else etag)
        kind, number = fault if isinstance(fault, tuple) else (None, 0)
        if fault != 'no length':
            self.send_header('Content-Length', str(number if kind == 'length' else len(data) - start))
        self.end_headers()
        if send:
            self.wfile.write(data[start:start + number] if kind == 'drop' else data[start:])


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.02), daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def patience():
    """Little of it: tests are quick."""
    return Patience(attempts=3, pause=0.01, timeout=2)


def zip_bytes(members, compression=zipfile.ZIP_DEFLATED):
    """A zip archive of names (or ZipInfos) and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(name='zip_bytes')
def zip_bytes_fixture():
    """The function :func:`zip_bytes`."""
    return zip_bytes


@pytest.fixture
def serve_kitti(server):
    """Serves a small KITTI tree as KITTI's archives. Returns their paths."""

    def serve(root, drives):
        def archive(path, top, folders):
            server.files[path] = zip_bytes({
                file.relative_to(top).as_posix(): file.read_bytes()
                for folder in folders for file in sorted(folder.rglob('*')) if file.is_file()})

        raw = root / 'raw'
        for day in {drive[:10] for drive in drives}:
            archive(f'raw_data/{day}_calib.zip', raw, [])
            server.files[f'raw_data/{day}_calib.zip'] = zip_bytes(
                {f'{day}/{file.name}': file.read_bytes() for file in (raw / day).glob('*.txt')})
        for drive in drives:
            archive(f'raw_data/{drive}/{drive}_sync.zip', raw, [raw / drive[:10] / f'{drive}_sync'])
        archive('data_depth_annotated.zip', root / 'annotated', [root / 'annotated'])
        return sorted(server.files)

    return serve


@pytest.fixture
def small_split(monkeypatch, builders):
    """Eigen's lists shrunk to two drives of the small tree: frames 0, 5, 6 to train and 6, 11 of another to test."""
    other = '2011_09_26_drive_0009'
    lists = dict(train=[(builders.drive, frame) for frame in (0, 5, 6)], test=[(other, frame) for frame in (6, 11)])
    lists.update(train_annotated=lists['train'][1:], test_annotated=lists['test'][:1])
    monkeypatch.setattr(kitti_files, 'eigen_split', lists.__getitem__)
    return builders.drive, other


@pytest.fixture
def kitti(tmp_path, builders, small_split):
    """A complete small tree."""
    for drive in small_split:
        builders.kitti(tmp_path / 'kitti', drive=drive)
    return tmp_path / 'kitti'
