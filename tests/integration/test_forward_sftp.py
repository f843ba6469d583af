# SPDX-License-Identifier: AGPL-3.0-or-later
"""What SFTP refuses, what it tries again, and what a folder refuses, against real servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import ManyFiles, Transport, open_transport
from anpr.settings import DestinationSettings
from scripts.lab.ssh_server import SshServer
from tests.support.forward_targets import PASSWORD, destination, password_server, to_ssh

BIG = bytes(range(256)) * 20_000  # 5 MB


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


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
    refused(
        lambda: connect(destination({"kind": "directory", "path": tmp_path / "file" / "sub"})),
        "Not a directory",
        permanent=True,
    )


def test_a_server_with_another_key_gets_nothing(ssh_server: SshServer) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    ssh_server.known_hosts_file.write_text(f"[127.0.0.1]:{ssh_server.port} {stranger}")
    refused(lambda: connect(to_ssh(ssh_server)), "HostKeyNotVerifiable", permanent=True)
    ssh_server.known_hosts_file.write_text("")
    refused(lambda: connect(to_ssh(ssh_server)), "HostKeyNotVerifiable", permanent=True)
    assert names(ssh_server.folder) == []


def test_a_byte_order_mark_is_no_part_of_a_host_key_or_a_private_key(ssh_server: SshServer) -> None:
    for path in (ssh_server.known_hosts_file, ssh_server.key_file):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    connect(to_ssh(ssh_server))


def test_known_hosts_that_cannot_be_read_are_named(ssh_server: SshServer, tmp_path: Path) -> None:
    missing = to_ssh(ssh_server, known_hosts_file=tmp_path / "none")
    refused(lambda: connect(missing), "forwarding.questura.target.known_hosts_file: ", permanent=True)


def test_a_wrong_key_or_secret_is_permanent(ssh_server: SshServer, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong_key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(wrong))
    refused(lambda: connect(to_ssh(ssh_server, key_file=wrong)), "PermissionDenied", permanent=True)
    wrong.write_text("no key")
    refused(lambda: connect(to_ssh(ssh_server, key_file=wrong)), f"target.key_file: {wrong}: ", permanent=True)
    missing = to_ssh(ssh_server, key_file=None, secret_file=tmp_path / "none")
    refused(lambda: connect(missing), "forwarding.questura.target.secret_file: ", permanent=True)


def test_key_and_password_may_come_from_the_environment(
    ssh_server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_key = to_ssh(ssh_server, key_file=None, key_env="QUESTURA_KEY")
    refused(lambda: connect(by_key), "target.key_env: the environment variable QUESTURA_KEY is not", permanent=True)
    monkeypatch.setenv("QUESTURA_KEY", ssh_server.key_file.read_text())
    connect(by_key)
    assert names(ssh_server.folder) == ["never"]
    with password_server(tmp_path / "x" / "arrived") as way:
        by_password = way.settings.target.model_copy(update={"secret_file": None, "secret_env": "QUESTURA_SECRET"})
        monkeypatch.setenv("QUESTURA_SECRET", PASSWORD)
        connect(way.settings.model_copy(update={"target": by_password}))
        assert names(way.folder) == ["never"]


def test_a_wrong_password_is_permanent(tmp_path: Path) -> None:
    with password_server(tmp_path / "x" / "arrived") as way:
        (tmp_path / "x" / "secret").write_text("wrong")
        refused(lambda: connect(way.settings), "PermissionDenied", permanent=True)


def test_a_key_with_a_passphrase_logs_in(ssh_server: SshServer, tmp_path: Path) -> None:
    key = asyncssh.read_private_key(str(ssh_server.key_file))
    locked, secret = tmp_path / "locked_key", tmp_path / "passphrase"
    key.write_private_key(str(locked), "pkcs8-pem", passphrase="open sesame")
    secret.write_text("open sesame\n")
    connect(to_ssh(ssh_server, key_file=locked, secret_file=secret))
    assert names(ssh_server.folder) == ["never"]


def test_a_folder_that_the_server_lacks_is_permanent(ssh_server: SshServer) -> None:
    settings = to_ssh(ssh_server, path=ssh_server.folder / "none")
    refused(lambda: connect(settings), "no such folder on the server", permanent=True)


def test_a_server_that_is_away_or_goes_away_is_tried_again(ssh_server: SshServer) -> None:
    def send_after_the_end(transport: Transport) -> None:
        ssh_server.kill()
        transport.send("T_1.xml", BIG)

    with open_transport(to_ssh(ssh_server)) as transport:
        refused(lambda: send_after_the_end(transport), "127.0.0.1", permanent=False)
    assert "T_1.xml" not in names(ssh_server.folder)
    refused(lambda: connect(to_ssh(ssh_server)), "127.0.0.1", permanent=False)


class _Forgetful(asyncssh.SFTPServer):
    """Says that it wrote, and did not: a full disk on a careless server."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:  # noqa: ARG002  the signature is asyncssh's
        return len(data)


class _Flipping(asyncssh.SFTPServer):
    """Keeps the size and changes the bytes."""

    def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        return super().write(file_obj, offset, bytes(byte ^ 1 for byte in data))


class _Fetching(asyncssh.SFTPServer):
    """Takes each file away as soon as it has its name."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        Path(self.map_path(newpath).decode()).unlink()


@pytest.mark.parametrize(
    ("server", "verify", "told"),
    [
        (_Forgetful, "size", "5 bytes were sent, the server has 0"),
        (_Flipping, "sha256", "the server has other bytes than those that were sent"),
        (_Fetching, "size", "not there after it was sent"),
    ],
)
def test_a_server_that_does_not_have_what_it_took_is_tried_again(
    tmp_path: Path, server: type[asyncssh.SFTPServer], verify: str, told: str
) -> None:
    with password_server(tmp_path / "there", server, verify=verify) as way, open_transport(way.settings) as transport:
        refused(lambda: transport.send("T_1.xml", b"hello"), told, permanent=False)


@pytest.mark.parametrize(
    ("server", "verify"), [(True, "size"), (True, "sha256"), (_Flipping, "size"), (_Fetching, "none")]
)
def test_a_server_that_has_it_is_believed_as_far_as_it_was_looked_at(
    tmp_path: Path, server: type[asyncssh.SFTPServer] | bool, verify: str
) -> None:
    with password_server(tmp_path / "there", server, verify=verify) as way, open_transport(way.settings) as transport:
        transport.send("T_1.xml", BIG)
        transport.send("T_2.xml", b"")


class _NoRename(asyncssh.SFTPServer):
    """Forbids every kind of renaming."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002  the signature is asyncssh's
        raise asyncssh.SFTPOpUnsupported("no posix-rename")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002  the signature is asyncssh's
        raise asyncssh.SFTPPermissionDenied("no renaming")


class _NoHidden(asyncssh.SFTPServer):
    """Takes no hidden names, and no endings but .xml."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        name = path.rpartition(b"/")[2]
        if name.startswith(b".") or not name.endswith(b".xml"):
            raise asyncssh.SFTPPermissionDenied("this name is not allowed")
        return super().open(path, pflags, attrs)


class _NoStat(asyncssh.SFTPServer):
    """Lets nobody look."""

    def stat(self, path: bytes) -> Any:  # noqa: ARG002  the signature is asyncssh's
        raise asyncssh.SFTPPermissionDenied("no looking")

    lstat = stat


class _LiesOfStat(_NoStat):
    """Lets nobody look, and says that nothing is there."""

    def stat(self, path: bytes) -> Any:  # noqa: ARG002  the signature is asyncssh's
        raise asyncssh.SFTPNoSuchFile("nothing there")

    lstat = stat


@pytest.mark.parametrize(
    ("server", "refusal", "cure"),
    [
        pytest.param(_NoRename, "see `appear: direct`", {"appear": "direct"}, id="rename"),
        pytest.param(_NoHidden, "see temporary_name", {"temporary_name": "tmp-{name}"}, id="hidden"),
        pytest.param(_NoHidden, "see temporary_name", {"appear": "direct"}, id="hidden, direct"),
        pytest.param(_NoStat, "see `verify: none`", {"verify": "none"}, id="stat"),
        pytest.param(_LiesOfStat, "no such folder on the server", {"verify": "none"}, id="stat that lies"),
    ],
)
def test_an_inbox_that_forbids_something_is_told_and_served(
    tmp_path: Path, server: type[asyncssh.SFTPServer], refusal: str, cure: dict[str, str]
) -> None:
    def put(settings: DestinationSettings, data: bytes) -> None:
        with open_transport(settings) as transport:
            transport.send("T_1.xml", data)

    with password_server(tmp_path / "there", server) as way:
        refused(lambda: put(way.settings, b"hello"), refusal, permanent=True)
        assert ".T_1.xml.part" not in names(way.folder)
        for data in (BIG, b"hello"):
            put(way.changed(**cure), data)
            assert (way.folder / "T_1.xml").read_bytes() == data
        assert names(way.folder) == ["T_1.xml"]


def test_a_file_may_wait_in_another_folder_until_it_is_whole(ssh_server: SshServer) -> None:
    outside = ssh_server.folder.parent / "in arrivo"
    outside.mkdir()
    settings = to_ssh(ssh_server, temporary_path=outside, temporary_name="{name}")
    with open_transport(settings) as transport:
        transport.send("T_1.xml", BIG)
    assert (names(outside), names(ssh_server.folder)) == ([], ["T_1.xml"])


@pytest.mark.parametrize("path", ["in", "~/in", "/~/in"])
def test_a_folder_below_the_logins_home(tmp_path: Path, path: str) -> None:
    home = tmp_path / "home"
    (home / "in").mkdir(parents=True)

    class AtHome(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=str(home).encode())

    with password_server(tmp_path / "there", AtHome, path=path) as way, open_transport(way.settings) as transport:
        transport.send("T_1.xml", b"hello")
        assert names(home / "in") == ["T_1.xml"]


def test_a_server_that_asks_for_a_key_and_a_password(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(tmp_path / "key"), "pkcs8-pem", passphrase="open sesame")
    (tmp_path / "passphrase").write_text("open sesame\n")
    login = {"key_file": tmp_path / "key", "secret_file": tmp_path / "passphrase"}
    with password_server(tmp_path / "there", both=key.export_public_key()) as way:
        alone = way.changed(**login)
        refused(lambda: connect(alone), "PermissionDenied", permanent=True)
        connect(way.changed(**login, password_file=str(tmp_path / "secret")))
        assert names(way.folder) == ["never"]


def test_files_that_go_together_are_all_written_before_any_has_its_name(tmp_path: Path) -> None:
    calls: list[str] = []
    open_now: list[int] = [0]

    class Noting(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            open_now.append(open_now[-1] + 1)
            return super().open(path, pflags, attrs)

        def close(self, file_obj: Any) -> None:
            open_now.append(open_now[-1] - 1)
            calls.append("written")
            super().close(file_obj)

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
            calls.append("named")
            super().posix_rename(oldpath, newpath)

    files = [(f"T_{number}.jpg", bytes([number]) * 70_000) for number in range(20)]
    with password_server(tmp_path / "there", Noting) as way, open_transport(way.settings) as transport:
        assert isinstance(transport, ManyFiles)
        transport.send_all(files)
        assert {path.name: path.read_bytes() for path in way.folder.iterdir()} == dict(files)
    assert calls == ["written"] * 20 + ["named"] * 20
    assert max(open_now) > 1


def test_one_of_several_that_a_server_refuses_is_named(tmp_path: Path) -> None:
    files = [("T_1.xml", b"1"), ("T_2.jpg", b"2"), ("T_3.xml", b"3")]
    with password_server(tmp_path / "there", _NoHidden, temporary_name="tmp-{name}") as way:
        with open_transport(way.settings) as transport:
            assert isinstance(transport, ManyFiles)
            refused(lambda: transport.send_all(files), "T_2.jpg: writing", permanent=True)
        assert not any(name.startswith("T_") for name in names(way.folder))
