# SPDX-License-Identifier: AGPL-3.0-or-later
"""Diagnosis: why an address could not be opened, asked of the network itself, without the login."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from anpr.capture.diagnosis import explained
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera

LOGIN = "viewer:segreto"


@contextmanager
def answering(words: bytes) -> Iterator[int]:
    """A port that says these words to everybody."""

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return  # the test is over
            with connection:
                assert LOGIN.encode() not in connection.recv(4096)
                connection.sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def told(url: str, fault: CameraFault, detail: str = "Input/output error") -> str:
    camera = Camera(id="c", url=url)
    error = explained(camera, CameraError(fault, "c", detail))
    assert error.fault is fault
    assert "segreto" not in str(error)
    return error.detail


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"<!DOCTYPE HTML><html>"])
def test_a_web_page_at_the_port_is_named(answer: bytes) -> None:
    with answering(answer) as port:
        text = told(f"rtsp://{LOGIN}@127.0.0.1:{port}/live", CameraFault.UNDECODABLE)
    assert text.startswith(f"at port {port} of 127.0.0.1 is a web page (HTTP), not a camera's stream")


def test_another_protocol_at_the_port_is_named() -> None:
    with answering(b"220 mail.example.org ESMTP\r\n") as port:
        text = told(f"rtsp://{LOGIN}@127.0.0.1:{port}/live", CameraFault.UNDECODABLE)
    assert text == f"at port {port} of 127.0.0.1 answers something that is not RTSP"


def test_what_answers_in_rtsp_keeps_its_reason() -> None:
    with answering(b"RTSP/1.0 200 OK\r\n\r\n") as port:
        url = f"rtsp://{LOGIN}@127.0.0.1:{port}/live"
        assert told(url, CameraFault.UNDECODABLE, "the stream has no video") == "the stream has no video"


def test_a_web_page_that_was_asked_for_as_one_is_named() -> None:
    with answering(b"") as port:
        text = told(f"http://{LOGIN}@127.0.0.1:{port}/", CameraFault.UNDECODABLE)
    assert text == f"127.0.0.1 answers at port {port}, and what it sends is no video: a web page?"


def test_a_closed_port_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # taken, and nobody listens
        port = unused.getsockname()[1]
        text = told(f"rtsp://{LOGIN}@127.0.0.1:{port}/live", CameraFault.UNREACHABLE)
    assert text.startswith(f"nothing listens at port {port} of 127.0.0.1")


@pytest.mark.parametrize("host", ["camera.invalid", f"{'a' * 64}.example"])
def test_a_name_that_does_not_resolve_is_named(host: str) -> None:
    assert told(f"rtsp://{LOGIN}@{host}/live", CameraFault.UNREACHABLE).startswith(f"the name {host} does not resolve")


def test_an_address_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("socket.create_connection", silent)
    text = told(f"rtsp://{LOGIN}@127.0.0.1/live", CameraFault.UNREACHABLE)
    assert text.startswith("127.0.0.1 does not answer at port 554")


@pytest.mark.parametrize(("code", "words"), [("401", "password is not accepted"), ("404", "no stream of this name")])
def test_a_refusal_is_told_in_words(code: str, words: str) -> None:
    text = told("rtsp://h/x", CameraFault.REFUSED, f"Server returned {code} Something (and more)")
    assert words in text
    assert text.endswith(f"({code})")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("rtsp://127.0.0.1:1/x", CameraFault.FROZEN),
        ("rtsp://127.0.0.1:1/x", CameraFault.REFUSED),
        ("film.mp4", CameraFault.UNREACHABLE),
        ("udp://:5004", CameraFault.UNREACHABLE),
    ],
)
def test_what_the_network_cannot_tell_keeps_its_reason(url: str, fault: CameraFault) -> None:
    assert told(url, fault, "as it was") == "as it was"
