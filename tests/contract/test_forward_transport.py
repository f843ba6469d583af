"""One suite over all ways to a destination: a folder, an OpenSSH server with a key, another server with a password."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import Transport, open_transport, parse_target
from anpr.settings import DestinationSettings
from tests.support.ssh_server import SshServer

BIG = bytes(range(256)) * 20_000  # 5 MB


def destination(target: str, **more: Any) -> DestinationSettings:
    files = {name: None if value is None else str(value) for name, value in more.items()}
    return DestinationSettings.model_validate(
        {"id": "questura", "profile": "scntt-example", "target": target, "protocol": "test", **files}
        | {"protocol_until": date(2030, 1, 1)}
    )


def to_ssh(server: SshServer, **changes: Any) -> DestinationSettings:
    settings = {"key_file": server.key_file, "known_hosts_file": server.known_hosts_file, **changes}
    return destination(settings.pop("target", server.target), **settings)


class _OnePassword(asyncssh.SSHServer):
    """Takes one user with one password; an OpenSSH server could only take this machine's own users and passwords."""

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  the signature is asyncssh's
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("comune", "s3greto è")


@contextmanager
def password_server(folder: Path) -> Iterator[DestinationSettings]:
    """An SFTP server in a thread of its own that lets nobody in without the password."""
    folder.mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            _OnePassword, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=True, config=None
        )

    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    try:
        port = acceptor.get_port()
        known, secret = folder.parent / "known_hosts", folder.parent / "secret"
        known.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
        secret.write_text("s3greto è\n", encoding="utf-8")
        yield destination(f"sftp://comune@127.0.0.1:{port}{folder}", known_hosts_file=known, secret_file=secret)
    finally:

        async def close() -> None:
            acceptor.close()
            await acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@pytest.fixture(params=["directory", "openssh with a key", "sftp with a password"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[DestinationSettings, Path]]:
    """A destination, and the folder in which its files arrive."""
    if request.param == "directory":
        yield destination(f"directory:{tmp_path / 'arrived' / 'here'}"), tmp_path / "arrived" / "here"
    elif request.param == "openssh with a key":
        server: SshServer = request.getfixturevalue("ssh_server")
        yield to_ssh(server), server.folder
    else:
        folder = tmp_path / "password" / "arrived"
        with password_server(folder) as settings:
            yield settings, folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_nothing_else(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    with open_transport(settings) as transport:
        transport.send("T_1.xml", "Città".encode())
        transport.send("T_2.xml", BIG)
        transport.send("T_3.xml", b"")
    assert names(folder) == ["T_1.xml", "T_2.xml", "T_3.xml"]
    assert (folder / "T_1.xml").read_bytes().decode() == "Città"
    assert (folder / "T_2.xml").read_bytes() == BIG
    assert (folder / "T_3.xml").read_bytes() == b""


def test_a_file_sent_again_takes_the_place_of_the_old_one(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    for data in (BIG, b"short"):
        with open_transport(settings) as transport:
            transport.send("T_1.xml", data)
    assert names(folder) == ["T_1.xml"]
    assert (folder / "T_1.xml").read_bytes() == b"short"


def test_what_a_killed_run_left_behind_is_overwritten(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".T_1.xml.part").write_bytes(BIG)
    with open_transport(settings) as transport:
        transport.send("T_1.xml", b"new")
    assert names(folder) == ["T_1.xml"]
    assert (folder / "T_1.xml").read_bytes() == b"new"


def test_a_receipt_is_fetched_or_is_not_there(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    with open_transport(settings) as transport:
        assert transport.fetch("T_1.esito") is None
        (folder / "T_1.esito").write_bytes(b"*;OK\n")
        assert transport.fetch("T_1.esito") == b"*;OK\n"


def test_a_receipt_beyond_all_measure_is_refused(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    with open_transport(settings) as transport:
        with (folder / "T_1.esito").open("wb") as file:
            file.truncate(17 * 1024 * 1024)
        refused(lambda: transport.fetch("T_1.esito"), "more than 16777216 bytes", permanent=True)


def test_a_name_that_a_folder_has_is_refused(way: tuple[DestinationSettings, Path]) -> None:
    settings, folder = way
    with open_transport(settings) as transport:
        (folder / "T_1.xml" / "inside").mkdir(parents=True)
        with pytest.raises(ForwardError, match=r"T_1\.xml"):
            transport.send("T_1.xml", b"data")


def refused(action: Callable[[], object], told: str, *, permanent: bool) -> None:
    with pytest.raises(ForwardError) as caught:
        action()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.permanent is permanent


def connect(settings: DestinationSettings) -> None:
    with open_transport(settings) as transport:
        transport.send("never", b"")


def test_a_folder_that_cannot_be_made_is_permanent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refused(lambda: connect(destination(f"directory:{tmp_path}/file/sub")), "Not a directory", permanent=True)


def test_a_server_with_another_key_gets_nothing(ssh_server: SshServer) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    ssh_server.known_hosts_file.write_text(f"[127.0.0.1]:{ssh_server.port} {stranger}")
    refused(lambda: connect(to_ssh(ssh_server)), "HostKeyNotVerifiable", permanent=True)
    ssh_server.known_hosts_file.write_text("")
    refused(lambda: connect(to_ssh(ssh_server)), "HostKeyNotVerifiable", permanent=True)
    assert names(ssh_server.folder) == []


def test_without_known_hosts_no_connection_is_tried(ssh_server: SshServer, tmp_path: Path) -> None:
    no_file = to_ssh(ssh_server, known_hosts_file=None)
    refused(lambda: connect(no_file), "forwarding.questura.known_hosts_file: sftp needs it", permanent=True)
    missing = to_ssh(ssh_server, known_hosts_file=tmp_path / "none")
    refused(lambda: connect(missing), "forwarding.questura.known_hosts_file: ", permanent=True)


def test_a_wrong_key_or_secret_is_permanent(ssh_server: SshServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong_key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(wrong))
    refused(lambda: connect(to_ssh(ssh_server, key_file=wrong)), "PermissionDenied", permanent=True)
    wrong.write_text("no key")
    refused(lambda: connect(to_ssh(ssh_server, key_file=wrong)), "forwarding.questura.key_file: ", permanent=True)
    neither = to_ssh(ssh_server, key_file=None)
    refused(lambda: connect(neither), "sftp needs secret_file or key_file", permanent=True)
    missing = to_ssh(ssh_server, key_file=None, secret_file=tmp_path / "none")
    refused(lambda: connect(missing), "forwarding.questura.secret_file: ", permanent=True)


def test_a_wrong_password_is_permanent(tmp_path: Path) -> None:
    with password_server(tmp_path / "x" / "arrived") as settings:
        Path(settings.secret_file or "").write_text("wrong")
        refused(lambda: connect(settings), "PermissionDenied", permanent=True)


def test_a_key_with_a_passphrase_logs_in(ssh_server: SshServer, tmp_path: Path) -> None:
    key = asyncssh.read_private_key(str(ssh_server.key_file))
    locked, secret = tmp_path / "locked_key", tmp_path / "passphrase"
    key.write_private_key(str(locked), "pkcs8-pem", passphrase="open sesame")
    secret.write_text("open sesame\n")
    connect(to_ssh(ssh_server, key_file=locked, secret_file=secret))
    assert names(ssh_server.folder) == ["never"]


def test_a_folder_that_the_server_lacks_is_permanent(ssh_server: SshServer) -> None:
    settings = to_ssh(ssh_server, target=f"{ssh_server.target}/none")
    refused(lambda: connect(settings), "no such folder on the server", permanent=True)


def test_a_server_that_is_away_or_goes_away_is_tried_again(ssh_server: SshServer) -> None:
    def send_after_the_end(transport: Transport) -> None:
        ssh_server.kill()
        transport.send("T_1.xml", BIG)

    with open_transport(to_ssh(ssh_server)) as transport:
        refused(lambda: send_after_the_end(transport), "127.0.0.1", permanent=False)
    assert "T_1.xml" not in names(ssh_server.folder)
    refused(lambda: connect(to_ssh(ssh_server)), "127.0.0.1", permanent=False)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("directory:", "expected directory:PATH"),
        ("ftp://host/path", "expected directory:PATH"),
        ("sftp://host/path", "expected sftp://USER@HOST:PORT/PATH"),
        ("sftp://u@host:port/", "Port could not be cast"),
        ("sftp://u:hunter2@host/", "a password in the target would be shown"),
    ],
)
def test_a_wrong_target_is_named_and_no_password_told(target: str, told: str) -> None:
    with pytest.raises(ForwardError) as caught:
        parse_target(destination(target))
    assert str(caught.value).startswith("forwarding.questura.target: ")
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)
