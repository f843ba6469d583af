# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's RTSP server as an object; what a camera sees of it is in tests/integration/rtsp."""

import socket
from pathlib import Path

import pytest

from anpr.demo.rtsp import RtspServer
from anpr.domain.errors import InputError


def test_it_takes_a_free_port_and_gives_it_back(tmp_path: Path) -> None:
    with RtspServer(tmp_path) as server:
        assert server.port > 0
        assert server.url("gate-1.mp4") == f"rtsp://127.0.0.1:{server.port}/gate-1.mp4"
        with socket.create_connection((server.host, server.port), 5) as client:
            client.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert client.recv(64).startswith(b"RTSP/1.0 200")
    with socket.create_server((server.host, server.port)):
        pass


def test_stop_cuts_clients_and_may_be_called_again(tmp_path: Path) -> None:
    server = RtspServer(tmp_path)
    server.start()
    with socket.create_connection((server.host, server.port), 5) as client:
        client.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert client.recv(1024)
        server.stop()
        assert client.recv(1024) == b""
    server.stop()


def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port}"):
            RtspServer(tmp_path, port=port).start()


def test_nothing_goes_to_standard_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with RtspServer(tmp_path) as server, socket.create_connection((server.host, server.port), 5) as client:
        client.sendall(b"DESCRIBE rtsp://127.0.0.1/none.mp4 RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert b"404" in client.recv(1024)
    assert capfd.readouterr().out == ""
