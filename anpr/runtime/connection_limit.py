# SPDX-License-Identifier: AGPL-3.0-or-later
"""Listening socket with limits: so many open connections in all, and so many of one address.

The limits hold from the moment a connection is accepted, before TLS and before the first byte. Whoever serves the
socket sees a connection over a limit as one that nobody has made.
"""

import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from anpr.runtime.addresses import client_key
from anpr.runtime.metrics import CONNECTIONS_REFUSED

log = logging.getLogger(__name__)


def _limited(_address: str) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """How many connections may be open: in all, and of one address (of IPv6, of one /64) unless `is_exempt` says."""

    in_all: int
    per_address: int
    is_exempt: Callable[[str], bool] = _limited


class LimitedListener(socket.socket):
    """A listening socket that accepts within its limits; one over them is closed at once, counted and logged."""

    def __init__(self, family: int, limits: ConnectionLimits, server: str) -> None:
        """`server`: the name in the log and in the counter."""
        super().__init__(family, socket.SOCK_STREAM)
        self._limits = limits
        self._server = server
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def accept(self) -> tuple[socket.socket, "tuple[str, int] | object"]:
        """A connection and who it is from. Raises BlockingIOError, as when nobody came, for one over a limit."""
        descriptor, address = self._accept()  # type: ignore[attr-defined]  # as socket.accept does
        key = client_key(address[0])
        limit = self._admit(key, address[0])
        if limit is not None:
            socket.socket(self.family, self.type, self.proto, fileno=descriptor).close()
            CONNECTIONS_REFUSED.labels(self._server, limit).inc()
            log.warning("%s: a connection was closed: too many are open (%s)", self._server, limit)
            raise BlockingIOError
        connection = _Counted(self, key, descriptor)
        # Also an answer that nobody fetches ends: the kernel gives up what lies there for so long.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_TIMEOUT_MS)
        return connection, address

    @property
    def connections(self) -> int:
        """Open at this moment."""
        return self._open.total()

    def _admit(self, key: str, address: str) -> str | None:
        """Count one more; or the limit that it would break."""
        with self._lock:
            if self._open.total() >= self._limits.in_all:
                return "in-all"
            if self._open[key] >= self._limits.per_address and not self._limits.is_exempt(address):
                return "per-address"
            self._open[key] += 1
            return None

    def _release(self, key: str) -> None:
        with self._lock:
            self._open[key] -= 1
            if self._open[key] <= 0:
                del self._open[key]


UNREAD_TIMEOUT_MS = 30_000
"""Of TCP_USER_TIMEOUT: how long sent bytes may wait for the other side."""


class _Counted(socket.socket):
    """An accepted connection, which counts until it is closed."""

    def __init__(self, listener: LimitedListener, key: str, descriptor: int) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=descriptor)
        self._give_back: Callable[[], None] | None = lambda: listener._release(key)

    def close(self) -> None:
        """Close it and give its place back, once."""
        super().close()
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def detach(self) -> int:
        """The bare descriptor; the place is given back, as nobody tells when that one is closed."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()
        return super().detach()
