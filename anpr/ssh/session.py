# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP session with an SSH server whose host key is in known_hosts_file, and with no other; its errors are ours."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from anpr.domain.errors import ForwardError, SettingsError
from anpr.settings import SftpTarget
from anpr.settings.secret_file import read_text_file
from anpr.ssh.credentials import read_key, read_password, read_secret

CONNECT_TIMEOUT_S = 20
TRANSFER_TIMEOUT_S = 300
"""One file; a server that stops answering in the middle of it must not hold the run for ever."""

_Result = TypeVar("_Result")

# A retry does not help against these: somebody must change the settings or the server.
_PERMANENT = (
    asyncssh.PermissionDenied,
    asyncssh.HostKeyNotVerifiable,
    asyncssh.KeyExchangeFailed,
    asyncssh.IllegalUserName,
    asyncssh.ProtocolNotSupported,
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPNotADirectory,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPInvalidFilename,
    asyncssh.SFTPOpUnsupported,
)


@dataclass(frozen=True, slots=True)
class SftpSession:
    """A client that is logged in; `server` stands in messages."""

    runner: asyncio.Runner
    client: asyncssh.SFTPClient
    server: str

    def run(self, name: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do this with the file of that name. Raises ForwardError."""
        return _run(self.runner, f"{self.server}: {name}", work, TRANSFER_TIMEOUT_S)


@contextmanager
def open_session(target: SftpTarget, where: str) -> Iterator[SftpSession]:
    """Log in, and see that the target's folder is there. Raises ForwardError; `where` names the settings in it."""
    options = _login(target, where)
    with asyncio.Runner() as runner:
        server = f"sftp://{target.host}:{target.port}"
        connection = _run(runner, server, _connect(target, options), CONNECT_TIMEOUT_S)
        try:
            client = _run(runner, server, _start_client(connection), CONNECT_TIMEOUT_S)
            _run(runner, f"{server}: {target.path}", _check_folder(client, target), CONNECT_TIMEOUT_S)
            yield SftpSession(runner, client, server)
        finally:
            connection.abort()
            runner.run(connection.wait_closed())


async def _connect(target: SftpTarget, options: dict[str, Any]) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        target.host,
        target.port,
        username=target.user,
        # Only what the settings say: no ~/.ssh/config, no agent, no key of ~/.ssh.
        config=None,
        agent_path=None,
        connect_timeout=CONNECT_TIMEOUT_S,
        login_timeout=CONNECT_TIMEOUT_S,
        keepalive_interval=15,
        **options,
    )


async def _start_client(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    return await connection.start_sftp_client()


async def _check_folder(client: asyncssh.SFTPClient, target: SftpTarget) -> None:
    """A server that lets nobody look says nothing about the folder."""
    if target.verify == "none":
        return
    try:
        kind = (await client.stat(target.path)).type
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPOpUnsupported, asyncssh.SFTPFailure):
        return
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        kind = asyncssh.FILEXFER_TYPE_REGULAR
    if kind not in (asyncssh.FILEXFER_TYPE_DIRECTORY, asyncssh.FILEXFER_TYPE_UNKNOWN):
        raise asyncssh.SFTPNoSuchPath("no such folder on the server")


def _login(target: SftpTarget, where: str) -> dict[str, Any]:
    secret, key = read_secret(target, where), read_key(target, where)
    options: dict[str, Any] = {"known_hosts": _known_hosts(target, where)}
    if key is not None:
        keys = [_private_key(*key, secret)]
        return {**options, "client_keys": keys, "password": read_password(target, where)}
    return {**options, "client_keys": None, "password": secret}


def _known_hosts(target: SftpTarget, where: str) -> asyncssh.SSHKnownHosts:
    path = target.known_hosts_file
    try:
        return asyncssh.import_known_hosts(read_text_file(Path(path)))
    except SettingsError as exc:
        raise ForwardError(f"{where}.known_hosts_file: {exc}", permanent=True) from exc
    except ValueError as exc:
        raise ForwardError(f"{where}.known_hosts_file: {path}: {exc}", permanent=True) from exc


def _private_key(where: str, data: bytes, passphrase: str | None) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(data, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as exc:
        raise ForwardError(f"{where}: {exc}", permanent=True) from exc


def _run(runner: asyncio.Runner, where: str, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
    try:
        return runner.run(asyncio.wait_for(work, seconds))
    except TimeoutError as exc:
        raise ForwardError(f"{where}: no answer within {seconds:.0f} s") from exc
    except socket.gaierror as exc:
        raise ForwardError(f"{where}: {exc.strerror}") from exc
    except OSError as exc:
        raise ForwardError(f"{where}: {exc.strerror or exc}") from exc
    except asyncssh.Error as exc:
        raise ForwardError(f"{where}: {_reason(exc)}", permanent=isinstance(exc, _PERMANENT)) from exc


def _reason(exc: asyncssh.Error) -> str:
    return f"{type(exc).__name__}: {exc.reason}".splitlines()[0]
