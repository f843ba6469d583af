# SPDX-License-Identifier: AGPL-3.0-or-later
"""Port reservation: TCP ports for servers of tests and benchmarks that no other process is given meanwhile."""

import atexit
import random
import socket
from pathlib import Path

_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST = 10_000


class NoFreePortError(Exception):
    """Every port that was tried is taken."""


def free_ports(number: int) -> list[int]:
    """Reserve `number` different TCP ports of 127.0.0.1 for this process. Raises NoFreePortError.

    They lie below the ephemeral range (ip(7)), so that the system gives none of them to an outgoing connection or to a
    process that asks for port 0. A lock keeps each from every other process that calls this function, from now until
    this process ends: the server that is meant to listen may start later, end and start again.
    """
    tried = random.SystemRandom().sample(range(_FIRST, _first_ephemeral()), 50 * number)
    found: list[int] = []
    for port in tried:
        if len(found) < number and _reserve(port):
            found.append(port)
    if len(found) < number:
        raise NoFreePortError(f"no {number} free ports below {_first_ephemeral()}")
    return found


def consecutive_ports(number: int) -> int:
    """Reserve `number` ports in a row, and return the first. Raises NoFreePortError."""
    for first in random.SystemRandom().sample(range(_FIRST, _first_ephemeral() - number), 50):
        if all(_reserve(port) for port in range(first, first + number)):
            return first
    raise NoFreePortError(f"no {number} free ports in a row below {_first_ephemeral()}")


def _reserve(port: int) -> bool:
    # An abstract Unix socket (unix(7)) is a lock that needs no file and that the kernel releases with its process.
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0anpr-port-{port}")
        _check_unused(port)
    except OSError:
        lock.close()
        return False
    atexit.register(lock.close)  # held until this process ends; Python complains of a socket that nobody closed
    return True


def _check_unused(port: int) -> None:
    """Raise OSError when a process that reserves nothing listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


def _first_ephemeral() -> int:
    try:
        return max(_FIRST + 1_000, int(_EPHEMERAL_RANGE.read_text(encoding="ascii").split()[0]))
    except OSError:
        return 32_768
