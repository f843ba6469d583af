# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP as no server should speak it: raw bytes over TLS in answer to a request. Seeded."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from uuid import UUID

from anpr.runtime.certificate import load_pair
from scripts.lab.certificates import Issued
from scripts.reliability.answers.documents import GOOD

Piece = bytes | float
"""Bytes to send, or seconds to wait before the next ones."""
_LATE_S = 0.02
OURS = "01a1fd8c-6ce8-7000-8000-000000000001"
"""The transit that is sent."""


def good_body(rng: Random) -> bytes:
    """Accepts the transit, and names others."""
    others = [{"id": str(UUID(int=rng.getrandbits(128), version=4)), "codice": GOOD} for _ in range(rng.randint(0, 3))]
    return json.dumps({"esiti": [{"id": OURS, "codice": GOOD}, *others]}).encode()


def plain(body: bytes, _: Random) -> list[Piece]:
    """As it should be."""
    return [_head(body), body]


def by_close(body: bytes, _: Random) -> list[Piece]:
    """The end of the connection ends the body, as HTTP/1.0 did it."""
    return [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body]


def chunked(body: bytes, rng: Random) -> list[Piece]:
    """Chunks of all sizes, with an extension and a trailer."""
    size = rng.randint(1, 20)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts)
    return [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\nX: y\r\n\r\n"]


def short(body: bytes, rng: Random) -> list[Piece]:
    """Less than was told."""
    return [_head(body + bytes(rng.randint(1, 10**6))), body]


def bad_chunks(body: bytes, rng: Random) -> list[Piece]:
    """Sizes that are none, or have no end."""
    sizes = (b"-1", b"zz", b"f" * 40, b"0x5", b" 5", b"ffffffffffffffff", b"5" * 100_000, b"", b"\x00", "５".encode())
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [start + rng.choice(sizes) + rng.choice((b"\r\n", b"\n", b";" + b"x" * 200_000)) + body]


def cut_chunks(body: bytes, rng: Random) -> list[Piece]:
    """The last chunk does not come."""
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [start + b"%x\r\n%b\r\n" % (len(body), body) + rng.choice((b"", b"0", b"0\r\n"))]


def flooded(body: bytes, rng: Random) -> list[Piece]:
    """Very many headers, or a very long one."""
    lines = rng.choice((b"X: y\r\n" * 100_000, b"X: " + b"y" * 2_000_000 + b"\r\n", b" folded\r\n" * 50_000))
    return [b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def torn_head(body: bytes, rng: Random) -> list[Piece]:
    """A head with bytes that do not belong there."""
    head = bytearray(_head(body))
    for _ in range(rng.randint(1, 4)):
        head[rng.randrange(len(head) - 4)] = rng.randrange(256)
    return [bytes(head) + body]


def two_lengths(body: bytes, rng: Random) -> list[Piece]:
    """Lengths that contradict each other, or none."""
    says = (b"Content-Length: 2\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n")  # fmt: skip
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), rng.choice(says)) + body]


def squeezed(body: bytes, rng: Random) -> list[Piece]:
    """Compressed, though nobody asked; at times a bomb."""
    data = gzip.compress(body if rng.random() < 0.5 else bytes(30 << 20), 1)
    name = rng.choice((b"gzip", b"deflate", b"br", b"GZIP", b"gzip, gzip", b"x-unheard"))
    return [b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (name, len(data)) + data]


def elsewhere(body: bytes, rng: Random) -> list[Piece]:
    """Redirects to places that are none."""
    places = (b"https://[", b"https://[::1", b"http://127.0.0.1:1/", b"//", b"\xff\xfe", b"https://x:999999/", b"",
              b"https://user:pass@x/", b"javascript:0", b"https://" + b"a" * 5000)  # fmt: skip
    status = rng.choice((301, 302, 303, 307, 308, 300, 304, 399))
    head = b"HTTP/1.1 %d X\r\nLocation: %b\r\nContent-Length: %d\r\n\r\n" % (status, rng.choice(places), len(body))
    return [head + body]


def other_status(body: bytes, rng: Random) -> list[Piece]:
    """A status that is no success, or no status at all."""
    line = rng.choice((b"HTTP/1.1 500 X", b"HTTP/1.1 401 X", b"HTTP/1.1 600 X", b"HTTP/1.1 000 X",
                       b"HTTP/1.1 99 X", b"HTTP/1.1 2000 X", b"ICY 200 OK", b"", b"HTTP/1.1 \xff"))  # fmt: skip
    return [line + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body]


def informed(body: bytes, rng: Random) -> list[Piece]:
    """Interim answers, many of them, and then nothing."""
    return [b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * rng.choice((1, 3, 20_000)) + body]


def silent(_: bytes, rng: Random) -> list[Piece]:
    """Nothing, or a piece of a head."""
    return [rng.choice((b"", b"H", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))]


def endless(body: bytes, rng: Random) -> list[Piece]:
    """More than is read of any body."""
    return [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body, *[rng.choice((b" ", b"\x00")) * (1 << 20)] * 6]


def trickling(body: bytes, rng: Random) -> list[Piece]:
    """A byte now and then: in the head, in the size of a chunk, in interim answers or in the body."""
    starts = (
        (b"HTTP/1.1 200 OK\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"", b"HTTP/1.1 103 X\r\n\r\n"),
        (_head(body + bytes(10**6)), b" "),
    )
    start, drop = rng.choice(starts)
    drops: list[Piece] = [_LATE_S, drop]
    return [start, *drops * 400]


def _head(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)


Manner = Callable[[bytes, Random], list[Piece]]
GOOD_MANNERS: frozenset[Manner] = frozenset({plain, by_close, chunked})
MAY_BE_GOOD: frozenset[Manner] = frozenset({*GOOD_MANNERS, torn_head, flooded, informed})
"""Of which an answer may arrive whole, so that it counts."""
MANNERS: tuple[tuple[Manner, int], ...] = (
    (plain, 10), (by_close, 5), (chunked, 10), (short, 6), (bad_chunks, 10), (cut_chunks, 6), (flooded, 2),
    (torn_head, 20), (two_lengths, 8), (squeezed, 3), (elsewhere, 10), (other_status, 8), (informed, 3), (silent, 8),
    (endless, 1), (trickling, 1),
)  # fmt: skip
"""With their shares."""


def manner(seed: int, number: int) -> tuple[Manner, list[Piece]]:
    """The same arguments give the same answer."""
    rng = Random(f"{seed} wire {number}")
    manners, shares = zip(*MANNERS, strict=True)
    (one,) = rng.choices(manners, shares)
    return one, one(good_body(rng), rng)


@contextmanager
def raw_server(issued: Issued, seed: int) -> Iterator[int]:
    """Answers each request by the number in its path, and closes; its port."""
    context = load_pair(str(issued.certificate), str(issued.key))
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    thread = threading.Thread(target=_accept, args=(listener, context, seed), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(20)


def _accept(listener: socket.socket, context: ssl.SSLContext, seed: int) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError, ValueError), connection:
            connection.settimeout(20)
            with context.wrap_socket(connection, server_side=True) as secured:
                _answer(secured, seed)


def _answer(connection: ssl.SSLSocket, seed: int) -> None:
    request = b""
    while not request.endswith(b"\r\n\r\n{}"):
        request += connection.recv(65_536)
    number = int(request.split(b" ", 2)[1].rsplit(b"/", 1)[1])
    for piece in manner(seed, number)[1]:
        if isinstance(piece, float):
            threading.Event().wait(piece)
        else:
            connection.sendall(piece)
