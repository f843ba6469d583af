# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections that fail or are broken off leave no descriptor open, whenever the garbage collector comes."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from kafka import KafkaProducer
from kafka import errors as kafka_errors
from kafka.net.inet import KafkaNetSocket
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect
from anpr.transport.kafka.sockets import ClosingClient


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def descriptors() -> int:
    return psutil.Process().num_fds()


@pytest.mark.usefixtures("no_collector")
def test_a_broker_that_is_away() -> None:
    options = client_options(KafkaSettings(bootstrap="127.0.0.1:1")) | {"bootstrap_timeout_ms": 200}
    before = descriptors()
    for _ in range(3):
        with pytest.raises(kafka_errors.KafkaConnectionError, match="ECONNREFUSED"):
            connect(KafkaProducer, **options)
    assert descriptors() == before


@pytest.mark.usefixtures("no_collector")
def test_a_server_that_does_not_speak_tls(listener: socket.socket) -> None:
    settings = KafkaSettings(bootstrap=f"127.0.0.1:{listener.getsockname()[1]}", security_protocol="SSL")
    options = client_options(settings) | {"bootstrap_timeout_ms": 300}
    ended = threading.Event()
    speaking = threading.Thread(target=_talk_nonsense, args=(listener, ended))
    before = descriptors()
    speaking.start()
    try:
        with pytest.raises(kafka_errors.KafkaConnectionError, match="Handshake failed"):
            connect(KafkaProducer, **options)
    finally:
        ended.set()
        speaking.join()
    assert descriptors() == before


def _talk_nonsense(listener: socket.socket, ended: threading.Event) -> None:
    listener.settimeout(0.05)
    while not ended.is_set():
        try:
            client, _ = listener.accept()
        except TimeoutError:
            continue
        with client:
            client.sendall(b"nothing a TLS client knows\n")


def test_a_client_closed_while_it_connects(listener: socket.socket) -> None:
    one = socket.socket()
    one.setblocking(False)
    with closing(NetworkSelector()) as net:
        connecting = KafkaNetSocket("direct://").sock_connect(net, one, listener.getsockname())
        connecting.send(None)
        connecting.close()
    assert one.fileno() == -1


@pytest.fixture
def client() -> ClosingClient:
    """Closed by its test."""
    return ClosingClient(bootstrap_servers="127.0.0.1:1")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_a_client_closed_before_all_was_sent(client: ClosingClient, pair: tuple[socket.socket, socket.socket]) -> None:
    transport = KafkaTCPTransport(client._net, pair[0])
    transport.write(bytes(16 * 1024 * 1024))  # more than a socket takes at once
    client._net.drain()
    client.close()
    assert pair[0].fileno() == -1


def test_a_client_closed_amid_a_handshake(client: ClosingClient, pair: tuple[socket.socket, socket.socket]) -> None:
    context = client_options(KafkaSettings(bootstrap="b:1", security_protocol="SSL"))["ssl_context"]
    transport = KafkaSSLTransport(client._net, pair[0], host="broker", ssl_context=context)
    wrapped = transport._sock
    client._net.call_soon(transport.handshake)
    client._net.drain()
    del transport
    client.close()
    assert wrapped.fileno() == -1
