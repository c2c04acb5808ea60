"""Where the page's server listens, and what it is told."""
import os
import socket
from pathlib import Path

import pytest

from mmdepthcls.commands.app.surroundings import address_of, listen, prepare_environment
from mmdepthcls.commands.running.program import UsageError


def test_a_free_port_is_found_and_is_this_machines():
    with listen('127.0.0.1', 0) as listener:
        address, port = listener.getsockname()
        assert address == '127.0.0.1' and address_of(listener) == f'http://127.0.0.1:{port}/'
        socket.create_connection((address, port), timeout=5).close()


def test_a_port_that_is_used_is_refused_with_a_remedy():
    with listen('127.0.0.1', 0) as first, pytest.raises(UsageError) as refused:
        listen('127.0.0.1', first.getsockname()[1])
    assert 'in use' in str(refused.value) and '--port 0' in str(refused.value)


@pytest.mark.parametrize('host', ['no.such.host.invalid', '203.0.113.7'])
def test_a_host_that_is_not_here(host):
    with pytest.raises(UsageError, match=host):
        listen(host, 0)


def test_all_networks_are_named_as_a_browser_takes_them():
    with listen('0.0.0.0', 0) as listener:
        assert address_of(listener).startswith('http://127.0.0.1:')


def test_what_gradio_reads_is_what_the_page_means(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'environ', dict(
        GRADIO_SHARE='True', GRADIO_ALLOWED_PATHS='/', GRADIO_SERVER_PORT='1', HOME='/h'))
    prepare_environment(tmp_path)
    assert not {'GRADIO_SHARE', 'GRADIO_ALLOWED_PATHS', 'GRADIO_SERVER_PORT'} & os.environ.keys()
    assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False' and os.environ['HOME'] == '/h'
    assert Path(os.environ['GRADIO_TEMP_DIR']) == tmp_path
