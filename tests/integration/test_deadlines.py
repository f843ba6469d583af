# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers that send a byte now and then: no transport and no place is held for longer than its time."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import open_transport
from anpr.store.database.connection import Database
from anpr.store.watchlists.places import troubled_places
from scripts.lab.certificates import Authority
from tests.support.forward_targets import destination
from tests.support.received_lists import received_site

PIECES, PAUSE_S, TIME_S = 100, 0.05, 0.5


@dataclass
class Dripping:
    """A server that says one piece after the other and never comes to its end; `is_done`: all were said."""

    port: int
    is_done: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def dripping(piece: bytes, context: ssl.SSLContext | None = None) -> Iterator[Dripping]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Dripping(listener.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                    for _ in range(PIECES):
                        if server.stop.wait(PAUSE_S):
                            return
                        connection.sendall(piece)
                    server.is_done.set()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            thread.join()


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"kind": "ftps", "user": "u"}, id="ftps"),
        pytest.param(
            {"kind": "smtp", "security": "starttls", "sender": "a@comune.example", "to": ["b@questura.example"]},
            id="smtp",
        ),
    ],
)
def test_a_greeting_that_does_not_end(tmp_path: Path, keys: dict[str, object]) -> None:
    (tmp_path / "secret").write_text("parola")
    secret = {"secret_file": str(tmp_path / "secret")} if "user" in keys else {}
    with dripping(b"220-aspetta\r\n") as server:
        target = {**keys, **secret, "host": "127.0.0.1", "port": server.port, "timeout_s": TIME_S}
        with pytest.raises(ForwardError), open_transport(destination(target)):
            pass
        assert not server.is_done.is_set()


def test_headers_that_do_not_end(database: Database, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    theirs = authority.issue("centro", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs.certificate, theirs.key)
    with dripping(b"x", context) as server:
        url = f"https://127.0.0.1:{server.port}/a1.xml"
        keys = {"url": url, "ca_file": str(authority.certificate), "timeout_s": TIME_S}
        site = received_site(database, tmp_path, https=keys)
        assert site.pickup.look() == 1
        assert not server.is_done.is_set()
    with database.transaction() as conn:
        (place,) = troubled_places(conn, site.clock.now(), 3600)
    assert place.failure.endswith(f"no answer within {TIME_S} s")
