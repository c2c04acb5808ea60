"""What the page's server needs of the machine: a place to listen at, and an environment in which nothing else is asked
for. Pure."""
from __future__ import annotations

import os
import socket
from pathlib import Path

from ..running.program import UsageError

LOOPBACK = ('127.0.0.1', '::1', 'localhost')


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: name or address of this machine.
        port: 0: any that is free.

    Raises:
        UsageError: if it cannot be had; says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f'--host {host}: {error.strerror or error}. 127.0.0.1 is this machine alone, 0.0.0.0 all of '
                         'its networks') from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name != 'nt':  # where it would let two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UsageError(f'--host {host} --port {port}: {error.strerror}. Give another port: --port 0 takes any that '
                         'is free') from error
    return listener


def address_of(listener: socket.socket) -> str:
    """What a person types into a browser."""
    host, port = listener.getsockname()[:2]
    host = {'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host)
    return f'http://{f"[{host}]" if ":" in host else host}:{port}/'


def prepare_environment(folder: Path) -> None:
    """Set what Gradio reads when it is imported: nothing is reported, asked for or shared, and files have one place.

    Args:
        folder: that place, which the page can reach.
    """
    for name in [each for each in os.environ if each.startswith('GRADIO_')]:
        del os.environ[name]  # such as a port, a share link, more folders: what this page does its options say
    os.environ.update(GRADIO_ANALYTICS_ENABLED='False', HF_HUB_DISABLE_TELEMETRY='1', HF_HUB_OFFLINE='1',
                      GRADIO_TEMP_DIR=str(folder), GRADIO_EXAMPLES_CACHE=str(folder / 'examples'))
