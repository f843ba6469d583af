"""Sockets of kafka-python that are closed, where it leaves them to the garbage collector.

While a broker is away each try would leave one, and a process that reconnects all night has no say in when the
collector comes.
"""

import contextlib
import ssl
from typing import Any

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

_DIRECT = "direct"


class _DirectSocket(KafkaNetSocket):  # type: ignore[misc]  # kafka-python has no types
    """Connects as kafka-python does without a proxy, and closes what did not connect."""

    SCHEMES = (_DIRECT,)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        with contextlib.ExitStack() as failed:
            failed.callback(sock.close)
            connected = await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
            failed.pop_all()
        return connected


class ClosingClient(KafkaNetClient):  # type: ignore[misc]
    """A network client whose close() closes all that it has open, also what it had not sent yet."""

    def __init__(self, **configs: Any) -> None:
        # The scheme by which kafka-python finds a socket class of its proxies finds ours.
        super().__init__(**configs | {"proxy_url": f"{_DIRECT}://"})

    def close(self, node_id: Any = None) -> None:
        """Close the connection to this node, or all of them for good."""
        open_ones = [each.transport for each in self._manager._conns.values() if each.transport is not None]
        super().close(node_id)
        if node_id is None:
            # A transport that held unsent bytes waits for a loop that has ended.
            for transport in open_ones:
                transport._close()


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
