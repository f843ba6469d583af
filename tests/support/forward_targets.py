# SPDX-License-Identifier: AGPL-3.0-or-later
"""Destinations to test transports with: at least one working target for each kind that is registered."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from anpr.settings import DestinationSettings
from scripts.lab.certificates import Authority, Issued
from scripts.lab.https_server import https_server
from scripts.lab.mail_server import PASSWORD as MAIL_PASSWORD
from scripts.lab.mail_server import USER as MAIL_USER
from scripts.lab.mail_server import MailServer, mail_server
from scripts.lab.ssh_server import SshServer
from tests.support.ftps_server import FTP_PASSWORD, FTP_USER, ftps_server

PASSWORD = "s3greto è"


def destination(target: dict[str, Any]) -> DestinationSettings:
    """A destination with this target; keys that are None are left out."""
    given = {name: str(value) if isinstance(value, Path) else value for name, value in target.items()}
    return DestinationSettings.model_validate(
        {
            "id": "questura",
            "profile": "scntt-example",
            "target": {name: value for name, value in given.items() if value is not None},
            "protocol": "test",
            "protocol_until": date(2030, 1, 1),
        }
    )


def to_ssh(server: SshServer, **changes: Any) -> DestinationSettings:
    """The OpenSSH server, logged in to with its client key; single keys of the target can be changed."""
    return destination({**server.keys, **changes})


@dataclass(frozen=True)
class Way:
    """A destination, and the folder of this machine in which its files arrive."""

    settings: DestinationSettings
    folder: Path

    def changed(self, **changes: Any) -> DestinationSettings:
        """The destination with single keys of its target changed; None takes a key away."""
        return destination({**self.settings.target.model_dump(exclude_unset=True), **changes})


@contextmanager
def _directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    folder = tmp_path / "arrived" / "here"
    yield Way(destination({"kind": "directory", "path": folder}), folder)


@contextmanager
def _openssh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    server: SshServer = request.getfixturevalue("ssh_server")
    yield Way(to_ssh(server), server.folder)


@contextmanager
def _password(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    with password_server(tmp_path / "password" / "arrived") as way:
        yield way


@contextmanager
def https_way(tmp_path: Path, issued: Issued | None = None) -> Iterator[Way]:
    """A web service that asks for our certificate and a token."""
    authority = Authority(tmp_path, "authority")
    ours, theirs = authority.issue("comune", "127.0.0.1"), issued or authority.issue("centro", "127.0.0.1")
    secret = tmp_path / "token"
    secret.write_text("una-parola-segreta\n", encoding="utf-8")
    with https_server(tmp_path / "https" / "arrived", theirs, authority.certificate) as server:
        keys = {
            "kind": "https",
            "url": server.url,
            "headers": {"X-File": "{name}"},
            "auth": "bearer",
            "secret_file": secret,
            "ca_file": authority.certificate,
            "certificate_file": ours.certificate,
            "key_file": ours.key,
        }
        yield Way(destination(keys), server.folder)


@contextmanager
def _https(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    with https_way(tmp_path) as way:
        yield way


@contextmanager
def ftps_way(tmp_path: Path, issued: Issued | None = None) -> Iterator[Way]:
    """An FTP server with TLS for commands and data."""
    authority = Authority(tmp_path, "authority")
    folder, secret = tmp_path / "ftps" / "arrived", tmp_path / "ftp-password"
    folder.mkdir(parents=True)
    secret.write_text(f"{FTP_PASSWORD}\n", encoding="utf-8")
    with ftps_server(folder, issued or authority.issue("centro", "127.0.0.1")) as server:
        keys = {
            "kind": "ftps",
            "host": "127.0.0.1",
            "port": server.port,
            "user": FTP_USER,
            "secret_file": secret,
            "path": "/",
            "ca_file": authority.certificate,
        }
        yield Way(destination(keys), folder)


@contextmanager
def _ftps(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    with ftps_way(tmp_path) as way:
        yield way


def mail_keys(server: MailServer, secret: Path, authority: Authority) -> dict[str, Any]:
    """A target that mails to two addresses through this server."""
    secret.write_text(f"{MAIL_PASSWORD}\n", encoding="utf-8")
    return {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "user": MAIL_USER,
        "secret_file": str(secret),
        "sender": "transiti@comune.example.it",
        "to": ["collettore@questura.example.it", "copia@questura.example.it"],
        "ca_file": str(authority.certificate),
    }


@contextmanager
def smtp_way(tmp_path: Path, issued: Issued | None = None) -> Iterator[Way]:
    """A mail server with STARTTLS and a login; what is attached to its mails is put into a folder."""
    authority, folder = Authority(tmp_path, "authority"), tmp_path / "mail" / "arrived"
    folder.mkdir(parents=True)

    def keep(message: EmailMessage) -> None:
        for part in message.iter_attachments():
            assert isinstance(part, EmailMessage)
            (folder / str(part.get_filename())).write_bytes(part.get_content())

    with mail_server(authority, issued or authority.issue("centro", "127.0.0.1")) as server:
        server.on_taken = keep
        yield Way(destination(mail_keys(server, tmp_path / "mail-password", authority)), folder)


@contextmanager
def _smtp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:  # noqa: ARG001  one signature
    with smtp_way(tmp_path) as way:
        yield way


TLS_WAYS: dict[str, Callable[[Path, Issued | None], AbstractContextManager[Way]]] = {
    "https": https_way,
    "ftps": ftps_way,
    "smtp": smtp_way,
}
"""By kind; the server has the certificate that is given, or a good one."""

REPLYING = frozenset({"https", "smtp", "soap"})
"""Kinds that take files and keep none that could be looked at."""

WAYS: dict[tuple[str, str], Callable[[pytest.FixtureRequest, Path], AbstractContextManager[Way]]] = {
    ("directory", "a folder"): _directory,
    ("sftp", "OpenSSH with a key"): _openssh,
    ("sftp", "another server with a password"): _password,
    ("ftps", "an FTP server with TLS"): _ftps,
    ("smtp", "a mail server with STARTTLS"): _smtp,
    ("https", "a web service with TLS on both sides"): _https,
}
"""By kind and description. A new transport adds a way here, and the contract suite runs over it."""


class _OnePassword(asyncssh.SSHServer):
    """Takes one user with one password; an OpenSSH server could only take this machine's own users and passwords.

    With `key` (a public key as OpenSSH writes it) it wants that one first, and the password too.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self._has_shown = key is None

    def public_key_auth_supported(self) -> bool:
        return self._key is not None and not self._has_shown

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002  asyncssh's
        self._has_shown = self._has_shown or key.export_public_key() == self._key
        return False

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  the signature is asyncssh's
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._has_shown and (username, password) == ("comune", PASSWORD)


@contextmanager
def password_server(
    folder: Path, sftp: type[asyncssh.SFTPServer] | bool = True, both: bytes | None = None, **changes: Any
) -> Iterator[Way]:
    """An SFTP server in a thread of its own that lets nobody in without the password.

    `sftp` makes another kind of server; `both` is a public key that it wants too; `changes` are keys of the target.
    """
    folder.mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: _OnePassword(both), "127.0.0.1", 0, server_host_keys=[key], sftp_factory=sftp, config=None
        )

    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    try:
        port = acceptor.get_port()
        known, secret = folder.parent / "known_hosts", folder.parent / "secret"
        known.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
        secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
        login = {"kind": "sftp", "host": "127.0.0.1", "port": port, "user": "comune", "path": folder}
        yield Way(destination({**login, "known_hosts_file": known, "secret_file": secret, **changes}), folder)
    finally:

        async def close() -> None:
            acceptor.close()
            await acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
