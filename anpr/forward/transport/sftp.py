# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP transport: puts files on an SSH server whose host key is in known_hosts_file, and on no other."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, TypeVar

import asyncssh

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.settings import SftpTarget
from anpr.ssh.session import SftpSession, open_session

_READ_BYTES = 1024 * 1024

_Result = TypeVar("_Result")


@contextmanager
def open_target(target: SftpTarget, where: str) -> Iterator["SftpTransport"]:
    """A logged-in session in the target's folder. Raises ForwardError."""
    with open_session(target, where) as session:
        yield SftpTransport(session, target)


class SftpTransport:
    """Writes `.NAME.part`, asks the server to flush it, then renames it over the old one in one step.

    What the server says of that is not believed: the file is looked at afterwards.
    """

    def __init__(self, session: SftpSession, target: SftpTarget) -> None:
        self._session = session
        self._client = session.client
        self._server = session.server
        self._folder = PurePosixPath(target.path)
        self._verify = target.verify

    def send(self, name: str, data: bytes) -> Receipt:
        self._run(name, self._send(name, data))
        return Receipt(name=name)

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
        return self._session.run(name, work)
