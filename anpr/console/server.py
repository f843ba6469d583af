# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the application until it is told to stop, without waiting for pages that never close their stream."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from anpr.domain.errors import SettingsError

_GRACE_S = 5
_BACKLOG = 128


class ConsoleServer(uvicorn.Server):
    """uvicorn, except that at shutdown the live streams end first: it would wait for them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn once it was told to stop."""
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.console.live.end_pages()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket on this address; port 0 takes a free one. Raises SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. asyncio sets it only on sockets made with IPPROTO_TCP; without it the body of each
        # answer waits 40 ms for the client's delayed acknowledgement of the headers (Nagle's algorithm).
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # who comes before the application has started waits, instead of being refused
    except OSError as exc:
        listening.close()
        raise SettingsError(f"console.host, console.port: {host}:{port}: {exc.strerror or exc}") from exc
    return listening


def address_of(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


def make_server(app: FastAPI) -> ConsoleServer:
    """The server, not running yet; `should_exit = True` stops it."""
    config = uvicorn.Config(
        app,
        log_config=None,  # the command has set up logging
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        server_header=False,
        date_header=True,
    )
    return ConsoleServer(config)


def serve(app: FastAPI, listening: socket.socket, on_start: Callable[[str], None]) -> None:
    """Answer requests until SIGINT or SIGTERM; `on_start` is told the address."""
    server = make_server(app)
    on_start(address_of(listening))
    # uvicorn stops on these, and then raises them again: unanswered, they would end the process before it has closed
    # what it opened.
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Stopping is under way already."""
