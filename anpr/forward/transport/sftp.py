"""Files to an SSH server. Its host key must be one of known_hosts_file: nothing is sent to a stranger."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import asyncssh

from anpr.domain.errors import ForwardError
from anpr.forward.transport.target import MAX_FETCH_BYTES, Target
from anpr.settings import DestinationSettings

CONNECT_TIMEOUT_S = 20
TRANSFER_TIMEOUT_S = 300
"""One file; a server that stops answering in the middle of it must not hold the run for ever."""

_Result = TypeVar("_Result")

# What waiting does not cure: somebody must change the settings or the server.
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
def open_sftp(destination: DestinationSettings, target: Target) -> Iterator["SftpTransport"]:
    """A logged-in session in the target's folder. Raises ForwardError."""
    options = _login(destination)
    with asyncio.Runner() as runner:
        where = f"sftp://{target.host}:{target.port}"
        connection = _run(runner, where, _connect(target, options), CONNECT_TIMEOUT_S)
        try:
            client = _run(runner, where, _start_client(connection), CONNECT_TIMEOUT_S)
            _run(runner, f"{where}: {target.path}", _check_folder(client, target.path), CONNECT_TIMEOUT_S)
            yield SftpTransport(runner, client, where, target.path)
        finally:
            connection.abort()
            runner.run(connection.wait_closed())


class SftpTransport:
    """Writes `.NAME.part`, asks the server to flush it, then renames it over the old one in one step."""

    def __init__(self, runner: asyncio.Runner, client: asyncssh.SFTPClient, where: str, folder: str) -> None:
        self._runner = runner
        self._client = client
        self._where = where
        self._folder = PurePosixPath(folder)

    def send(self, name: str, data: bytes) -> None:
        self._run(name, self._send(name, data))

    def fetch(self, name: str) -> bytes | None:
        data = self._run(name, self._fetch(name))
        if data is not None and len(data) > MAX_FETCH_BYTES:
            raise ForwardError(f"{self._where}: {name}: more than {MAX_FETCH_BYTES} bytes", permanent=True)
        return data

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

    async def _flush(self, file: asyncssh.SFTPClientFile) -> None:
        try:
            await file.fsync()
        except asyncssh.SFTPOpUnsupported:
            return  # then the server's own care for its disk has to do

    async def _fetch(self, name: str) -> bytes | None:
        try:
            async with self._client.open(str(self._folder / name), "rb") as file:
                data: bytes = await file.read(MAX_FETCH_BYTES + 1)
                return data
        except asyncssh.SFTPNoSuchFile:
            return None

    def _run(self, name: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        return _run(self._runner, f"{self._where}: {name}", work, TRANSFER_TIMEOUT_S)


async def _connect(target: Target, options: dict[str, Any]) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        target.host,
        target.port,
        username=target.user,
        # Only what the settings say: no ~/.ssh/config, no agent, no keys that happen to lie about.
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


def _login(destination: DestinationSettings) -> dict[str, Any]:
    if destination.known_hosts_file is None:
        raise ForwardError(f"forwarding.{destination.id}.known_hosts_file: sftp needs it", permanent=True)
    secret = _secret(destination)
    options: dict[str, Any] = {"known_hosts": _known_hosts(destination)}
    if destination.key_file is not None:
        return {**options, "client_keys": [_key(destination, destination.key_file, secret)], "password": None}
    if secret is None:
        raise ForwardError(f"forwarding.{destination.id}: sftp needs secret_file or key_file", permanent=True)
    return {**options, "client_keys": None, "password": secret}


def _known_hosts(destination: DestinationSettings) -> asyncssh.SSHKnownHosts:
    path = destination.known_hosts_file or ""
    try:
        return asyncssh.read_known_hosts(path)
    except (OSError, ValueError) as exc:
        raise ForwardError(f"forwarding.{destination.id}.known_hosts_file: {path}: {exc}", permanent=True) from exc


def _secret(destination: DestinationSettings) -> str | None:
    if destination.secret_file is None:
        return None
    try:
        return Path(destination.secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ForwardError(f"forwarding.{destination.id}.secret_file: {exc}", permanent=True) from exc


def _key(destination: DestinationSettings, path: str, passphrase: str | None) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path, passphrase)
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as exc:
        raise ForwardError(f"forwarding.{destination.id}.key_file: {path}: {exc}", permanent=True) from exc


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
        raise ForwardError(f"{where}: {_told(exc)}", permanent=isinstance(exc, _PERMANENT)) from exc


def _told(exc: asyncssh.Error) -> str:
    return f"{type(exc).__name__}: {exc.reason}".splitlines()[0]
