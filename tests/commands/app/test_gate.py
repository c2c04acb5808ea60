"""What stands before the server: few addresses, one host, nothing foreign, nothing huge."""
import asyncio

import pytest

from mmdepthcls.commands.app.gate import AROUND, Gate

NAMES = ('127.0.0.1', 'localhost', '[::1]')
PAGE = (b'<head><meta property="og:image"\n content="https://raw.example/a.jpg" /><link rel="preconnect" '
        b'href="https://fonts.example"/><link rel="stylesheet" href="./assets/a.css"><script async '
        b'src="https://cdn.example/x.js"></script><script src="./assets/b.js"></script></head>')


async def serve(scope, receive, send):
    """Says what it was asked for."""
    body = b''
    while scope['type'] == 'http' and scope['method'] == 'POST':
        message = await receive()
        if message['type'] == 'http.disconnect':
            body = b'cut off'
            break
        body += message.get('body', b'')
        if not message.get('more_body'):
            break
    body = PAGE if scope['path'] == '/' else body
    await send({'type': 'http.response.debug', 'info': 'of a test client'})
    await send({'type': 'http.response.start', 'status': 200, 'headers': [
        (b'content-length', str(len(body)).encode())]})
    await send({'type': 'http.response.body', 'body': body[:50], 'more_body': True})
    await send({'type': 'http.response.body', 'body': body[50:]})


def ask(path, method='GET', headers=(), parts=(b'', ), hosts=NAMES, most=1000, kind='http', server=serve):
    """Status, headers and body."""
    sent, waiting = [], [{'type': 'http.request', 'body': part, 'more_body': index < len(parts) - 1}
                         for index, part in enumerate(parts)]

    async def receive():
        return waiting.pop(0)

    async def send(message):
        if message['type'] != 'http.response.debug':
            sent.append(message)
    headers = {b'host': b'127.0.0.1:7860', **dict(headers)}
    scope = dict(type=kind, path=path, method=method, headers=list(headers.items()))
    asyncio.run(Gate(server, hosts, most)(scope, receive, send))
    return sent[0]['status'], dict(sent[0]['headers']), b''.join(each.get('body', b'') for each in sent[1:])


@pytest.mark.parametrize('begun', [False, True])
def test_a_file_that_is_gone_when_it_is_opened_is_not_found(begun):
    async def opens(scope, receive, send):
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'9')]})
        if begun:
            await send({'type': 'http.response.body', 'body': b'1', 'more_body': True})
        raise FileNotFoundError('gone')

    def asked():
        return ask('/gradio_api/file=/tmp/served/a.png', server=opens)
    if begun:  # nothing else can be said any more
        with pytest.raises(FileNotFoundError):
            asked()
    else:
        status, headers, body = asked()
        assert status == 404 and body == b'This file is not kept any more.'
        assert int(headers[b'content-length']) == len(body)


@pytest.mark.parametrize('path', [
    '/', '/config', '/theme.css', '/assets/index-a.js', '/static/fonts/a.woff2', '/download/abc_-9/npy',
    '/gradio_api/queue/join', '/gradio_api/queue/data', '/gradio_api/upload', '/gradio_api/heartbeat/abc',
    '/gradio_api/file=/tmp/served/a.png'])
def test_what_the_page_needs_has_an_address(path):
    assert ask(path)[0] == 200


@pytest.mark.parametrize('path', [
    '/docs', '/openapi.json', '/gradio_api/info', '/gradio_api/openapi.json', '/gradio_api/vibe-edit/',
    '/gradio_api/vibe-code', '/gradio_api/proxy=https://example.org/', '/gradio_api/runs', '/monitoring', '/login',
    '/gradio_api/run/predict', '/gradio_api/call/predict', '/gradio_api/api/predict', '/gradio_api/component_server',
    '/gradio_api/file=https://example.org/a.png', '/gradio_api/file/etc/passwd', '/gradio_api/deep_link',
    '/gradio_api/mcp', '/gradio_api/process_recording', '/download/a/b/c', '/download//npy', '/x/../config',
    '/etc/passwd',
    '/config/../gradio_api/info', '/gradio_api/stream/a/b/1/playlist.m3u8', '/custom_component/a/b/c/d', '/token'])
def test_all_else_has_none(path):
    assert ask(path)[0] == 404


def test_sockets_and_other_methods_are_not_served():
    assert ask('/config', method='DELETE')[0] == 404 and ask('/config', kind='websocket')[0] == 404


@pytest.mark.parametrize(('host', 'expected'), [
    (b'127.0.0.1:7860', 200), (b'localhost', 200), (b'LOCALHOST:1', 200), (b'[::1]:7860', 200), (b'evil.example', 403),
    (b'127.0.0.1.evil.example:7860', 403), (b'', 403), (b'[::2]:7860', 403)])
def test_a_page_of_this_machine_answers_to_its_names_alone(host, expected):
    assert ask('/config', headers={b'host': host})[0] == expected
    assert ask('/config', headers={b'host': host}, hosts=None)[0] == 200


def test_the_first_page_names_no_other_host():
    status, headers, body = ask('/', headers={b'accept-encoding': b'br'})
    assert b'http' not in body and b'./assets/a.css' in body and b'./assets/b.js' in body
    assert status == 200 and int(headers[b'content-length']) == len(body)


@pytest.mark.parametrize('path', ['/', '/config', '/nowhere'])
def test_a_browser_is_told_to_ask_nobody_else(path):
    policy = ask(path)[1][b'content-security-policy'].decode()
    assert policy.startswith("default-src 'self'") and 'http' not in policy and '*' not in policy


def test_huge_requests_end(path='/gradio_api/upload'):
    assert ask(path, 'POST', {b'content-length': str(1001 + AROUND).encode()})[0] == 413
    assert ask(path, 'POST', {b'content-length': b'lots'})[0] == 413
    assert ask(path, 'POST', parts=[b'a' * 500, b'b' * 500])[2] == b'a' * 500 + b'b' * 500
    assert ask(path, 'POST', parts=[b'a' * AROUND, b'b' * 1001])[2] == b'cut off'  # it did not say how much it brings
