# SPDX-License-Identifier: AGPL-3.0-or-later
"""TCP proxies for network faults: each forwards one port to a server, and can hang, reset or refuse connections."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_CHUNK = 64 * 1024
_CALL_TIMEOUT_S = 10.0

Address = int | Path
"""A port of this machine, or a Unix socket."""


class State(StrEnum):
    """State of a link."""

    OPEN = "open"
    HANGING = "hanging"
    """Accepts and forwards nothing, without an error: a pulled cable."""
    REFUSING = "refusing"
    """Resets every connection, and each new one at once: a firewall that resets."""


class Link:
    """One port in front of one server. All methods may be called from any thread."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, port: int, target: Callable[[], Address]) -> None:
        self.name = name
        self.port = port
        self._loop = loop
        self._target = target
        self._state = State.OPEN
        self._passing = asyncio.Event()
        self._passing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def set(self, state: State) -> None:
        """Change the state."""
        self._call(self._set(state))

    def reset(self) -> None:
        """Reset every open connection."""
        self._call(self._abort())

    async def open(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _set(self, state: State) -> None:
        self._state = state
        if state is State.HANGING:
            self._passing.clear()
        else:
            self._passing.set()
        if state is State.REFUSING:
            await self._abort()

    async def _abort(self) -> None:
        for writer in list(self._writers):
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        far = None
        try:
            await self._passing.wait()
            if self._state is State.REFUSING:
                _reset(writer)
                return
            far_reader, far = await _connect(self._target())
            self._writers.add(far)
            await asyncio.gather(self._copy(reader, far), self._copy(far_reader, writer))
        except OSError:
            pass  # one side is gone: so is the other, below
        finally:
            for each in filter(None, (writer, far)):
                self._writers.discard(each)
                each.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._set(State.REFUSING)
        await asyncio.gather(*self._tasks)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_TIMEOUT_S)


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection.family == socket.AF_INET:  # closed at once, and the other side gets a reset
        with contextlib.suppress(OSError):  # it was closed just now
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _connect(target: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, Path):
        return await asyncio.open_unix_connection(target)
    return await asyncio.open_connection("127.0.0.1", target)


class Network:
    """The links of a run, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._links: list[Link] = []
        self._servers: list[asyncio.Server] = []

    def link(self, name: str, port: int, target: Callable[[], Address]) -> Link:
        """A new link that listens on `port`; the server is asked for at each connection."""
        made = Link(name, self._loop, port, target)
        self._servers.append(asyncio.run_coroutine_threadsafe(made.open(), self._loop).result(_CALL_TIMEOUT_S))
        self._links.append(made)
        return made

    @contextlib.contextmanager
    def running(self) -> Iterator["Network"]:
        thread = threading.Thread(target=self._loop.run_forever, name="network")
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_CALL_TIMEOUT_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for link in self._links:
            await link.close()
