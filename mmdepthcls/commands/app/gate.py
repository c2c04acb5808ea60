"""What stands before the server of the page: which addresses there are, and that nothing of it leads elsewhere. Pure.

Gradio brings addresses that this page has no use for (a proxy, an editor of its own code, a list of runs) and names
other hosts in its first page. Here only what the page needs has an address, a browser is told to ask nobody else, and a
page that is bound to this machine answers to this machine's names alone, whatever name another page has for it.
"""
from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Server = Callable[[Message, Receive, Send], Awaitable[None]]

ADDRESSES = re.compile(
    r'/(|config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json|(static|assets|svelte)/.*|download/[^/]+/[a-z]+'
    r'|gradio_api/(file=.*|queue/(join|data)|upload|upload_progress|heartbeat/[^/]+|startup-events|app_id|theme\.css'
    r'|cancel|reset/?))')
METHODS = {'GET', 'HEAD', 'POST'}
FILE = '/gradio_api/file='
HEADERS = {
    'content-security-policy': "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; "
                               "frame-ancestors 'none'; form-action 'self'; base-uri 'self'",
    'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin'}
AROUND = 2**16  # bytes that surround a file in a request
# Tags of the first page that name another host.
FOREIGN = re.compile(rb'<(?:meta|link)\b[^>]*?(?:content|href)="https?://[^>]*?>|<script\b[^>]*?src="https?://[^>]*?>'
                     rb'\s*</script>', re.DOTALL)


class Gate:
    """ASGI application before another.

    Args:
        server: the other.
        hosts: names under which the page may be asked for; None: any.
        max_bytes: of what one request may bring.
    """

    def __init__(self, server: Server, hosts: Sequence[str] | None, max_bytes: int) -> None:
        self._server, self._max_bytes = server, max_bytes
        self._hosts = None if hosts is None else {each.lower() for each in hosts}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope['type'] == 'lifespan':
            await self._server(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        receive = _limited(receive, self._max_bytes + AROUND)
        if scope['path'] == '/':  # its content is looked at, so it may not be compressed
            headers = [(name, value) for name, value in scope['headers'] if name != b'accept-encoding']
            await self._server(dict(scope, headers=headers), receive, _WithoutForeign(send))
        elif scope['path'].startswith(FILE):
            await self._serve_file(scope, receive, send)
        else:
            await self._server(scope, receive, _with_headers(send))

    async def _serve_file(self, scope, receive, send):
        """Serve a file, which may be gone when it is opened: a page that is closed takes its files along."""
        answer = _FromItsBody(_with_headers(send))
        try:
            await self._server(scope, receive, answer)
        except FileNotFoundError:
            if answer.begun:
                raise
            await _answer(send, 404, 'This file is not kept any more.')

    def _refusal(self, scope):
        """Status and words for a request that is not served; None for others."""
        headers = dict(scope['headers'])
        if scope['type'] != 'http' or scope['method'] not in METHODS or not ADDRESSES.fullmatch(scope['path']):
            return 404, 'There is nothing here.'
        if self._hosts is not None and _host(headers.get(b'host', b'')) not in self._hosts:
            return 403, 'This page is for the machine that it runs on. mmdepthcls app --host says otherwise.'
        if scope['path'].startswith(FILE) and '://' in scope['path']:
            return 404, 'There is nothing here.'
        length = headers.get(b'content-length', b'0')
        if not length.isdigit() or int(length) > self._max_bytes + AROUND:
            return 413, f'The file is too large: up to {self._max_bytes / 10**6:g} MB are taken.'
        return None


class _WithoutForeign:
    """Sends the first page, without what names other hosts."""

    def __init__(self, send):
        self._send, self._start, self._body = _with_headers(send), None, b''

    async def __call__(self, message):
        if message['type'] == 'http.response.start':
            self._start = message
        elif message['type'] == 'http.response.body':
            await self._add(message)

    async def _add(self, message):
        self._body += message.get('body', b'')
        if message.get('more_body'):
            return
        body = FOREIGN.sub(b'', self._body)
        headers = [(name, value) for name, value in self._start['headers'] if name.lower() != b'content-length']
        await self._send(dict(self._start, headers=[*headers, (b'content-length', str(len(body)).encode())]))
        await self._send({'type': 'http.response.body', 'body': body})


class _FromItsBody:
    """Sends an answer's beginning with the first of its body: so long another answer can be given."""

    def __init__(self, send):
        self._send, self._start, self.begun = send, None, False

    async def __call__(self, message):
        if message['type'] == 'http.response.start':
            self._start = message
            return
        if self._start is not None:
            self.begun, start, self._start = True, self._start, None
            await self._send(start)
        await self._send(message)


def _limited(receive, most):
    """What does not say how much it brings ends where it is too much."""
    taken = 0

    async def receiving():
        nonlocal taken
        message = await receive()
        taken += len(message.get('body', b''))
        return {'type': 'http.disconnect'} if taken > most else message

    return receiving


def _with_headers(send):
    async def sending(message):
        if message['type'] == 'http.response.start':
            added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = dict(message, headers=[*message['headers'], *added])
        await send(message)

    return sending


def _host(value):
    """The name in a Host header, without its port."""
    name = value.decode('latin-1').lower()
    return name[:name.rfind(']') + 1] if name.startswith('[') else name.partition(':')[0]


async def _answer(send, status, text):
    body = text.encode()
    send = _with_headers(send)
    await send({'type': 'http.response.start', 'status': status, 'headers': [
        (b'content-type', b'text/plain; charset=utf-8'), (b'content-length', str(len(body)).encode())]})
    await send({'type': 'http.response.body', 'body': body})
