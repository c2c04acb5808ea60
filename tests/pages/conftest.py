"""Fixtures of the tests of pages. Tests that take them are marked ``page``: .ci/pages runs these."""
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chromium import Visits, start_browser


@pytest.fixture(scope='session')
def browser():
    """Chromium, without a window."""
    yield from start_browser()


@pytest.fixture
def visit(browser):
    """Opens pages, and knows what they asked for: :class:`chromium.Visits`."""
    visits = Visits(browser)
    yield visits
    visits.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Files of a folder, with the headers that ``headers_of`` says for an ending of their names."""
    headers_of = {}

    def end_headers(self):
        for ending, headers in self.headers_of.items():
            if self.path.endswith(ending):
                for name, value in headers.items():
                    self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope='session')
def serve():
    """Serves a folder as any static server does: ``serve(folder, {ending: {header: value}})`` -> its address."""
    servers = []

    def start(folder, headers=None):
        handler = type('Handler', (QuietHandler, ), dict(headers_of=headers or {}))
        servers.append(ThreadingHTTPServer(('127.0.0.1', 0), partial(handler, directory=str(folder))))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f'http://127.0.0.1:{servers[-1].server_port}'

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
