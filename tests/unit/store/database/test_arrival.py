# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that nobody can reach is away; an address that makes no sense is an error."""

import socket
import threading

import pytest

from anpr.domain.errors import StoreError
from anpr.store.database.arrival import server_of, why_away


def test_nobody_listens() -> None:
    reason = why_away("postgresql://anpr:topsecret@127.0.0.1:1/anpr")
    assert reason is not None
    assert "refused" in reason
    assert "topsecret" not in reason


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("postgresql://a:topsecret@db.example.it/anpr", "db.example.it:5432"),
        ("host=db port=6432 password=topsecret", "db:6432"),
        ("postgresql:///anpr", "localhost:5432"),
        ("postgresql:///anpr?host=%2Frun%2Fpostgres", "/run/postgres:5432"),
    ],
)
def test_the_server_is_named_without_its_password(url: str, server: str) -> None:
    assert server_of(url) == server


def test_an_address_that_cannot_be_parsed_is_not_waited_for() -> None:
    with pytest.raises(StoreError, match=r"database\.url"):
        why_away("postgresql://u:DB%SECRET@h/anpr")


def test_a_server_that_refuses_our_password_is_not_away() -> None:
    refusal = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0"

    def refuse(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)  # the start of a session
            connection.sendall(b"R" + (8).to_bytes(4) + (3).to_bytes(4))  # the password, please
            connection.recv(4096)
            connection.sendall(b"E" + (len(refusal) + 4).to_bytes(4) + refusal)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=refuse, args=(listening,), daemon=True)
        server.start()
        port = listening.getsockname()[1]
        with pytest.raises(StoreError, match="password authentication failed"):
            why_away(f"postgresql://u:topsecret@127.0.0.1:{port}/anpr?sslmode=disable&gssencmode=disable")
        server.join(timeout=120)
