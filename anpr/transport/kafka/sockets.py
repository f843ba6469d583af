# SPDX-License-Identifier: AGPL-3.0-or-later
"""Closes sockets that kafka-python leaves to the garbage collector.

While a broker is down each try would leave one, and a process that reconnects all night has no say in when the
collector comes.
"""

import contextlib
import ssl
from typing import Any
from weakref import WeakSet

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.selector import NetworkSelector

_DIRECT = "direct"


class ClosingClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """A network client that leaves no socket behind, whether it failed, was closed, or never came to connect."""

    def __init__(self, **configs: Any) -> None:
        # The scheme by which kafka-python finds the sockets of its proxies finds ours.
        super().__init__(net=_ClosingSelector(**configs), **configs | {"proxy_url": f"{_DIRECT}://"})


class _DirectSocket(KafkaNetSocket):  # type: ignore[misc]
    """Connects as kafka-python does without a proxy, and closes what did not connect."""

    SCHEMES = (_DIRECT,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        with contextlib.ExitStack() as failed:
            failed.callback(sock.close)
            connected = await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
            failed.pop_all()
        return connected


class ClosingSSLSocket(ssl.SSLSocket):
    """Closes itself when its handshake fails."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self.close()
            raise


class _ClosingSelector(NetworkSelector):  # type: ignore[misc]
    """An event loop that closes, when it ends, what still waited for it: a handshake, bytes that were not sent."""

    def __init__(self, **configs: Any) -> None:
        super().__init__(**configs)
        self._waited_for: WeakSet[Any] = WeakSet()

    def register_event(self, fileobj: Any, event: int, task: Any) -> None:
        self._waited_for.add(fileobj)
        super().register_event(fileobj, event, task)

    def close(self) -> None:
        self.stop()  # so that nothing new waits
        # Held until the end: the loop drops its tasks, and with them the last reference to a socket amid its handshake.
        waited_for = list(self._waited_for)
        super().close()
        for each in waited_for:
            each.close()
