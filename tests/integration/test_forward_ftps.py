# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an FTP server with TLS refuses, and what is done without it; one TLS session for commands and data."""

import socket
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import open_transport
from anpr.settings import DestinationSettings
from anpr.tls import ftps_session
from scripts.lab.certificates import Authority
from tests.support.forward_targets import destination
from tests.support.ftps_server import FTP_PASSWORD, FTP_USER, FtpsServer, ftps_server

BIG = bytes(range(256)) * 4_000  # 1 MB


@contextmanager
def inbox(tmp_path: Path, refused: Collection[str] = ()) -> Iterator[tuple[FtpsServer, dict[str, Any], Path]]:
    authority, folder = Authority(tmp_path, "authority"), tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret").write_text(FTP_PASSWORD, encoding="utf-8")
    with ftps_server(folder, authority.issue("centro", "127.0.0.1"), refused) as server:
        login = {"kind": "ftps", "host": "127.0.0.1", "port": server.port, "user": FTP_USER}
        yield server, {**login, "secret_file": tmp_path / "secret", "ca_file": authority.certificate}, folder


def send(settings: DestinationSettings, data: bytes = b"hello") -> None:
    with open_transport(settings) as transport:
        transport.send("T_1.xml", data)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("refused", "told", "cure"),
    [
        ("RNFR", "renaming is refused (550 Not allowed here.); see `appear: direct`", {"appear": "direct"}),
        ("STOR", "writing .T_1.xml.part is refused (550 Not allowed here.)", None),
        ("SIZE", "not there after it was sent", {"verify": "none"}),
    ],
)
def test_what_a_server_refuses_is_told_with_its_cure(
    tmp_path: Path, refused: str, told: str, cure: dict[str, str] | None
) -> None:
    with inbox(tmp_path, {refused}) as (_, keys, folder):
        with pytest.raises(ForwardError) as caught:
            send(destination(keys))
        assert told in str(caught.value)
        assert ".T_1.xml.part" not in names(folder)
        if cure:
            send(destination({**keys, **cure}), BIG)
            assert (names(folder), (folder / "T_1.xml").read_bytes()) == (["T_1.xml"], BIG)


def test_data_go_on_with_the_session_of_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = []
    real = ftps_session.FtpsSession.ntransfercmd

    def noted(*given: Any) -> tuple[socket.socket, int | None]:
        connection, size = real(*given)
        assert isinstance(connection, ssl.SSLSocket)
        resumed.append(connection.session_reused)
        return connection, size

    monkeypatch.setattr(ftps_session.FtpsSession, "ntransfercmd", noted)
    with inbox(tmp_path) as (_, keys, folder):
        with open_transport(destination({**keys, "path": "~/sotto"})) as transport:
            (folder / "sotto").mkdir()
            for number in range(3):
                transport.send(f"T_{number}.xml", BIG)
            assert transport.fetch("T_1.xml") is not None
        assert names(folder / "sotto") == ["T_0.xml", "T_1.xml", "T_2.xml"]
        assert resumed == [True] * 4


def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    with inbox(tmp_path) as (_, keys, folder):
        for secret in ("sbagliata", "due\nrighe"):
            (tmp_path / "secret").write_text(secret)
            with pytest.raises(ForwardError) as caught:
                send(destination(keys))
            assert caught.value.permanent
            assert "sbagliata" not in str(caught.value)
            assert "righe" not in str(caught.value)
        assert names(folder) == []


def test_a_server_that_ends_in_the_middle_is_tried_again(tmp_path: Path) -> None:
    with inbox(tmp_path) as (_, keys, folder):
        opened = open_transport(destination(keys))
        transport = opened.__enter__()
    with pytest.raises(ForwardError) as caught:
        transport.send("T_1.xml", BIG)
    opened.__exit__(None, None, None)
    assert (caught.value.permanent, names(folder)) == (False, [])
