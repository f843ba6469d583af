# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the simulated office listens: host and port of each protocol, and what a taken port is told as."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from anpr.domain.errors import InputError

LOOPBACK = "127.0.0.1"
PORTS: Mapping[str, int] = MappingProxyType({"page": 8090, "https": 8443, "sftp": 2222, "ftps": 2121, "mail": 2525})
"""Usual ports; none is below 1024, so nobody needs to be root."""
PROTOCOLS = ("https", "sftp", "ftps", "mail")


@dataclass(frozen=True, kw_only=True)
class ListeningPlace:
    """Address and port (0: any free one); `option` is the option of the command that sets the port."""

    host: str
    port: int
    option: str


def listen(place: ListeningPlace) -> socket.socket:
    """A listening socket. Raises InputError when the port is taken, or the address is not of this machine."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((place.host, place.port))
        listening.listen(64)
    except OSError as exc:
        listening.close()
        why = "another program listens there" if exc.errno == errno.EADDRINUSE else exc.strerror or str(exc)
        raise InputError(f"{place.option}: {place.host}:{place.port}: {why}") from exc
    return listening


def port_of(listening: socket.socket) -> int:
    """The port on which it listens."""
    return int(listening.getsockname()[1])
