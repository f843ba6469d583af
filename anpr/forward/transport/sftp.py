# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP transport: puts files on an SSH server whose host key is in known_hosts_file, and on no other."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import asyncssh

from anpr.domain.errors import ForwardError, SettingsError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.forward.transport.credentials import read_key, read_secret
from anpr.settings import SftpTarget
from anpr.settings.secret_file import read_text_file

CONNECT_TIMEOUT_S = 20
TRANSFER_TIMEOUT_S = 300
"""One file; a server that stops answering in the middle of it must not hold the run for ever."""
_READ_BYTES = 1024 * 1024

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


@contextmanager
def open_target(target: SftpTarget, where: str) -> Iterator["SftpTransport"]:
    """A logged-in session in the target's folder. Raises ForwardError."""
    options = _login(target, where)
    with asyncio.Runner() as runner:
        server = f"sftp://{target.host}:{target.port}"
        connection = _run(runner, server, _connect(target, options), CONNECT_TIMEOUT_S)
        try:
            client = _run(runner, server, _start_client(connection), CONNECT_TIMEOUT_S)
            _run(runner, f"{server}: {target.path}", _check_folder(client, target.path), CONNECT_TIMEOUT_S)
            yield SftpTransport(runner, client, server, target)
        finally:
            connection.abort()
            runner.run(connection.wait_closed())


class SftpTransport:
    """Writes `.NAME.part`, asks the server to flush it, then renames it over the old one in one step.

    What the server says of that is not believed: the file is looked at afterwards.
    """

    def __init__(self, runner: asyncio.Runner, client: asyncssh.SFTPClient, server: str, target: SftpTarget) -> None:
        self._runner = runner
        self._client = client
        self._server = server
        self._folder = PurePosixPath(target.path)
        self._verify = target.verify

    def send(self, name: str, data: bytes) -> None:
        self._run(name, self._send(name, data))

    def fetch(self, name: str) -> Receipt | None:
        data = self._run(name, self._fetch(name))
        return None if data is None else checked_receipt(f"{self._server}: {name}", name, data)

    async def _send(self, name: str, data: bytes) -> None:
        part, whole = str(self._folder / f".{name}.part"), str(self._folder / name)
        async with self._client.open(part, "wb") as file:
            await file.write(data)
            await self._flush(file)
        try:
            await self._client.posix_rename(part, whole)
        except asyncssh.SFTPOpUnsupported:
            # A server without OpenSSH's extension renames only to a free name: there is a moment without the file.
            if await self._client.exists(whole):
                await self._client.remove(whole)
            await self._client.rename(part, whole)
        await self._look(whole, name, data)

    async def _look(self, path: str, name: str, data: bytes) -> None:
        if self._verify == "none":
            return
        try:
            size = (await self._client.stat(path)).size
            if size is not None and size != len(data):
                raise ForwardError(f"{self._server}: {name}: {len(data)} bytes were sent, the server has {size}")
            if (self._verify == "sha256" or size is None) and await self._digest(path) != sha256(data).digest():
                raise ForwardError(f"{self._server}: {name}: the server has other bytes than those that were sent")
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise ForwardError(
                f"{self._server}: {name}: not there after it was sent; a server that takes files away at once needs"
                " `verify: none`"
            ) from None

    async def _digest(self, path: str) -> bytes:
        digest = sha256()
        async with self._client.open(path, "rb") as file:
            while part := await file.read(_READ_BYTES):
                digest.update(part)  # type: ignore[arg-type]  # binary mode gives bytes, which asyncssh's types do not say
        return digest.digest()

    async def _flush(self, file: asyncssh.SFTPClientFile) -> None:
        try:
            await file.fsync()
        except asyncssh.SFTPOpUnsupported:
            return  # without the extension it is up to the server when it writes to its disk

    async def _fetch(self, name: str) -> bytes | None:
        try:
            async with self._client.open(str(self._folder / name), "rb") as file:
                data: bytes = await file.read(MAX_RECEIPT_BYTES + 1)
                return data
        except asyncssh.SFTPNoSuchFile:
            return None

    def _run(self, name: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        return _run(self._runner, f"{self._server}: {name}", work, TRANSFER_TIMEOUT_S)


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


async def _check_folder(client: asyncssh.SFTPClient, path: str) -> None:
    if not await client.isdir(path):
        raise asyncssh.SFTPNoSuchPath("no such folder on the server")


def _login(target: SftpTarget, where: str) -> dict[str, Any]:
    secret, key = read_secret(target, where), read_key(target, where)
    options: dict[str, Any] = {"known_hosts": _known_hosts(target, where)}
    if key is not None:
        return {**options, "client_keys": [_private_key(*key, secret)], "password": None}
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
