# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP transport: puts files on an SSH server whose host key is in known_hosts_file, and on no other."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, TypeVar

import asyncssh

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.runtime.clock import Clock
from anpr.settings import SftpTarget
from anpr.ssh.session import SftpSession, open_session

_READ_BYTES = 1024 * 1024

_REFUSALS = (
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPOpUnsupported,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPInvalidFilename,
    asyncssh.SFTPFailure,
)
"""Of a server that forbids an operation, or a name; a Failure may also be a full disk, and is tried again."""

AT_ONCE = 32
"""Files under way at once; the requests of one file are answered one after the other."""

_Result = TypeVar("_Result")


@contextmanager
def open_target(
    target: SftpTarget,
    where: str,
    clock: Clock,  # noqa: ARG001  all transports are opened in one way
) -> Iterator["SftpTransport"]:
    """A logged-in session in the target's folder. Raises ForwardError."""
    with open_session(target, where) as session:
        yield SftpTransport(session, target)


async def _each(work: Callable[[str, bytes], Coroutine[Any, Any, None]], files: Sequence[tuple[str, bytes]]) -> None:
    """Do it with each file, AT_ONCE of them at a time; the first error ends all of it."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, data: bytes) -> None:
        async with places:
            await work(name, data)

    try:
        async with asyncio.TaskGroup() as group:
            for file in files:
                group.create_task(one(*file))
    except BaseExceptionGroup as exc:
        raise exc.exceptions[0] from None


class SftpTransport:
    """Writes a file as the target's settings say, by default as `.NAME.part`; asks the server to flush it, then renames
    it over the old one in one step.

    What the server says of that is not believed: the file is looked at afterwards.
    """

    def __init__(self, session: SftpSession, target: SftpTarget) -> None:
        self._session = session
        self._client = session.client
        self._server = session.server
        self._target = target
        self._verify = target.verify

    def send(self, name: str, data: bytes) -> Receipt:
        self._run(name, self._send_all([(name, data)]))
        return Receipt(name=name)

    def send_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Several are on their way at once: one alone would wait six times for an answer."""
        self._run(f"{files[0][0]} and {len(files) - 1} more", self._send_all(files))

    def fetch(self, name: str) -> Receipt | None:
        data = self._run(name, self._fetch(name))
        return None if data is None else checked_receipt(f"{self._server}: {name}", name, data)

    async def _send_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        await _each(self._write, files)
        await _each(self._appear, files)
        if self._verify != "none":
            await _each(self._look, files)

    async def _write(self, name: str, data: bytes) -> None:
        written, _ = self._target.places(name)
        try:
            async with self._client.open(written, "wb") as file:
                await file.write(data)
                await self._flush(file)
        except _REFUSALS as exc:
            raise self._refused(name, f"writing {written}", exc, "temporary_name and temporary_path") from exc

    async def _appear(self, name: str, _: bytes) -> None:
        written, whole = self._target.places(name)
        if written == whole:
            return
        try:
            await self._rename(written, whole)
        except _REFUSALS as exc:
            with suppress(asyncssh.SFTPError):  # what is left over would lie there for ever
                await self._client.remove(written)
            raise self._refused(name, "renaming", exc, "`appear: direct`") from exc

    async def _rename(self, written: str, whole: str) -> None:
        try:
            await self._client.posix_rename(written, whole)
        except asyncssh.SFTPOpUnsupported:
            # A server without OpenSSH's extension renames only to a free name: there is a moment without the file.
            with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied):
                await self._client.remove(whole)
            await self._client.rename(written, whole)

    def _refused(self, name: str, what: str, exc: asyncssh.SFTPError, cure: str) -> ForwardError:
        told = f"{self._server}: {name}: {what} is refused ({type(exc).__name__}: {exc.reason[:200]}); see {cure}"
        return ForwardError(told, permanent=not isinstance(exc, asyncssh.SFTPFailure))

    async def _look(self, name: str, data: bytes) -> None:
        _, path = self._target.places(name)
        try:
            size = (await self._client.stat(path)).size
            if size is not None and size != len(data):
                raise ForwardError(f"{self._server}: {name}: {len(data)} bytes were sent, the server has {size}")
            if (self._verify == "sha256" or size is None) and await self._digest(path) != sha256(data).digest():
                raise ForwardError(f"{self._server}: {name}: the server has other bytes than those that were sent")
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPOpUnsupported) as exc:
            raise self._refused(name, "looking at it", exc, "`verify: none`") from exc
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
            async with self._client.open(self._target.places(name)[1], "rb") as file:
                data: bytes = await file.read(MAX_RECEIPT_BYTES + 1)
                return data
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None

    def _run(self, name: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self._session.run(name, work)
