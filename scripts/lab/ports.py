"""Ports for servers that tests start."""

import contextlib
import random
import socket
from itertools import islice
from pathlib import Path

_LENT_BY_THE_SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST = 10_000


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 nobody listens on just now, each another.

    They lie below those that the system lends to outgoing connections and to whoever asks for port 0, so that no
    neighbour is given one of them before its server listens.
    """
    tried = random.SystemRandom().sample(range(_FIRST, _first_lent()), 50 * number)
    with contextlib.ExitStack() as held:
        free = list(islice((port for port in tried if _held(port, held)), number))
    if len(free) < number:
        raise RuntimeError(f"no {number} free ports below {_first_lent()}")
    return free


def _held(port: int, held: contextlib.ExitStack) -> bool:
    one = held.enter_context(socket.socket())
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _first_lent() -> int:
    try:
        return max(_FIRST + 1_000, int(_LENT_BY_THE_SYSTEM.read_text(encoding="ascii").split()[0]))
    except OSError:
        return 32_768
