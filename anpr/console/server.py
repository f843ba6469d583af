# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the application until it is told to stop, without waiting for pages that never close their stream."""

import asyncio
import signal
import socket
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI

from anpr.console.network.protocol import HEADERS_S, DeadlineProtocol
from anpr.console.network.proxies import TrustedProxies
from anpr.domain.errors import SettingsError
from anpr.runtime.certificate import load_pair
from anpr.runtime.connection_limit import ConnectionLimits, LimitedListener
from anpr.runtime.file_limit import file_limit
from anpr.settings import ConsoleSettings

_GRACE_S = 5
_BACKLOG = 128
_OWN_FILES = 128
"""Files that the process needs besides its connections: database, log, pictures."""


class ConsoleServer(uvicorn.Server):
    """uvicorn, except that at shutdown the live streams end first: it would wait for them.

    And a TLS handshake has as long as headers have; asyncio would wait a minute.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn before it serves."""
        loop = asyncio.get_running_loop()
        if self.config.is_ssl:
            listen_on = partial(loop.create_server, ssl_handshake_timeout=HEADERS_S)
            loop.create_server = listen_on  # type: ignore[method-assign]  # uvicorn hands no such option on
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn once it was told to stop."""
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.console.live.end_pages()
        await super().shutdown(sockets)


def listen(host: str, port: int, settings: ConsoleSettings | None = None) -> socket.socket:
    """A socket on this address, with the limits of the settings; port 0 takes a free one.

    Raises SettingsError when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = LimitedListener(family, _limits(settings or ConsoleSettings()), "console")
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


def _limits(settings: ConsoleSettings) -> ConnectionLimits:
    proxies = TrustedProxies(settings.trusted_proxies)
    return ConnectionLimits(
        in_all=min(settings.max_connections, max(10, file_limit() - _OWN_FILES)),
        per_address=settings.max_connections_per_address,
        is_exempt=proxies.__contains__,
    )


def address_of(listening: socket.socket, *, is_https: bool = False) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{'https' if is_https else 'http'}://{shown}:{port}/"


def make_server(app: FastAPI, settings: ConsoleSettings | None = None) -> ConsoleServer:
    """The server, not running yet; `should_exit = True` stops it. Raises SettingsError for a wrong certificate."""
    settings = settings or ConsoleSettings()
    check_certificate(settings)
    config = uvicorn.Config(
        app,
        log_config=None,  # the command has set up logging
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        server_header=False,
        date_header=True,
        http=DeadlineProtocol,
        proxy_headers=False,  # whose word counts is ours to say (network/proxies.py)
        ws="none",
        ssl_certfile=settings.certificate_file,
        ssl_keyfile=settings.key_file,
    )
    return ConsoleServer(config)


def check_certificate(settings: ConsoleSettings) -> None:
    """Whether certificate and key can be read and belong together. Raises SettingsError."""
    if settings.certificate_file is None:
        return
    try:
        load_pair(settings.certificate_file, settings.key_file)
    except SettingsError as exc:
        raise SettingsError(f"console.certificate_file, console.key_file: {exc}") from exc


def serve(app: FastAPI, listening: socket.socket, settings: ConsoleSettings, on_start: Callable[[str], None]) -> None:
    """Answer requests until SIGINT or SIGTERM; `on_start` is told the address. Raises SettingsError."""
    server = make_server(app, settings)
    on_start(address_of(listening, is_https=settings.certificate_file is not None))
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
