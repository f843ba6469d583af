# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts of the chaos test that need no services."""

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest

from anpr.domain.errors import PoisonReason
from anpr.ingest.batch import Refusal, decode
from anpr.transport.source import Incoming
from scripts.lab.ports import free_ports
from scripts.reliability.chaos.invalid_messages import EXPECTED_REASON_HEADER, InvalidMessages, Message
from scripts.reliability.chaos.proxy import Network, State
from scripts.reliability.chaos.traffic import RETENTION, Traffic, number_of, plate_of

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TRAFFIC = Traffic(seed=5, start=NOW)


def incoming(offset: int, message: Message) -> Incoming:
    return Incoming(
        topic=message.topic,
        partition=0,
        offset=offset,
        key=message.key,
        headers=message.headers,
        value=message.value,
    )


@pytest.mark.slow
def test_every_kind_of_invalid_message_is_refused_for_the_reason_it_was_made_for() -> None:
    messages = list(islice(InvalidMessages(TRAFFIC, random.Random(5)).messages(), 10_000))
    wrong = []
    seen = set()
    for offset, message in enumerate(messages):
        (item,) = decode([incoming(offset, message)], NOW, lambda _: NOW - RETENTION).items
        expected = message.headers[EXPECTED_REASON_HEADER].decode()
        seen.add(expected)
        if not isinstance(item, Refusal) or item.reason != expected:
            wrong.append((expected, item if isinstance(item, Refusal) else "accepted", message.value[:300]))
    assert wrong == []
    of_others = {PoisonReason.UNKNOWN_TOPIC, PoisonReason.NOT_STORABLE, PoisonReason.CONFLICT}
    assert seen == set(PoisonReason) - of_others - {PoisonReason.UNSIGNED, PoisonReason.WRONG_SIGNATURE}


def test_a_number_gives_the_same_transit_everywhere_and_its_id_gives_the_number() -> None:
    transit, images = Traffic(seed=5, start=NOW).transit(123_456)
    assert (transit, images) == TRAFFIC.transit(123_456)
    assert number_of(transit.id) == 123_456
    assert len({plate_of(number) for number in range(0, 50_000, 7)}) == len(range(0, 50_000, 7))
    assert TRAFFIC.transit(1)[1] != Traffic(seed=6, start=NOW).transit(1)[1]


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that answers with what it got."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                connection, _ = server.accept()
                with connection, contextlib.suppress(ConnectionResetError):
                    while data := connection.recv(1024):
                        connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()


def connect_and_receive(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        return client.recv(10)


def test_a_link_forwards_hangs_resets_and_opens_again(echo: int) -> None:
    (port,) = free_ports(1)
    with Network().running() as network:
        link = network.link("test", port, lambda: echo)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"one")
            assert client.recv(10) == b"one"
            link.set(State.HANGING)
            client.sendall(b"two")
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(10)
            client.settimeout(5)
            link.set(State.OPEN)
            assert client.recv(10) == b"two"
            link.set(State.REFUSING)
            with pytest.raises(ConnectionResetError):
                client.recv(10)
        with pytest.raises(ConnectionResetError):  # at once, or at the first byte
            connect_and_receive(port)
        link.set(State.OPEN)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"three")
            assert client.recv(10) == b"three"
