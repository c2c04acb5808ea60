"""The server of the page: its addresses, its limits, its end."""
from __future__ import annotations

import asyncio
import socket
from urllib.parse import quote

import gradio as gr
import uvicorn
from fastapi import FastAPI, Response

from .gate import Gate
from .page import Page, theme
from .style import CSS
from .surroundings import LOOPBACK
from .visit import PageError
from .workbench import Workbench

GRACE = 3  # seconds in which open connections may end


class PageServer(uvicorn.Server):
    """A server that ends the streams by which open pages say that they are there: they would keep it waiting.

    Args:
        config: of it.
        ended (asyncio.Event): by which Gradio ends them.
    """

    def __init__(self, config: uvicorn.Config, ended: asyncio.Event) -> None:
        super().__init__(config)
        self._ended = ended

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        self._ended.set()
        await super().shutdown(sockets)


def application(bench: Workbench, host: str) -> tuple[Gate, asyncio.Event]:
    """The page as an ASGI application, and what ends its streams.

    Args:
        bench: does the work.
        host: under which it is asked for; of this machine alone, it answers to no other names.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get('/download/{token}/{kind}')
    def download(token: str, kind: str) -> Response:
        try:
            name, content = bench.file(token, kind)
        except KeyError:
            return Response('This result was forgotten. Drop the picture once more.', 404, media_type='text/plain')
        except PageError as error:
            return Response(str(error), 422, media_type='text/plain')
        return Response(content, media_type='application/octet-stream', headers={
            'content-disposition': f"attachment; filename*=utf-8''{quote(name)}", 'cache-control': 'no-store'})

    gr.mount_gradio_app(
        app, Page(bench).build(), '/', footer_links=[], run_history=False, allowed_paths=[], show_error=False,
        max_file_size=bench.max_bytes, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False,
        theme=theme(), css=CSS, root_path='')
    names = [*LOOPBACK, '[::1]', host] if host in LOOPBACK else None
    return Gate(app, names, bench.max_bytes), app.routes[-1].app.stop_event


def serve(bench: Workbench, listener: socket.socket, host: str) -> None:
    """Serve the page until somebody ends it.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
    """
    gate, ended = application(bench, host)
    config = uvicorn.Config(gate, log_level='error', access_log=False, server_header=False,
                            timeout_graceful_shutdown=GRACE)
    PageServer(config, ended).run(sockets=[listener])
