# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP server of the simulated office (asyncssh): one user by key or password, one folder, faults as ordered."""

import asyncio
import errno
import hmac
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh

from anpr.simulator.behaviour import Behaviour
from anpr.simulator.keys import USER, SimulatedKeys
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.servers.loop_thread import loop_thread
from anpr.simulator.servers.uploads import final_name, is_temporary, read_bounded
from anpr.simulator.transfer import Transfer

PROTOCOL = "sftp"


@contextmanager
def serve_sftp(office: ReceivingOffice, keys: SimulatedKeys, listening: socket.socket) -> Iterator[None]:
    """Serve until the context ends."""

    class Login(_Login):
        pass

    Login.keys = keys

    class Inbox(_Inbox):
        pass

    Inbox.office = office
    with loop_thread("simulator-sftp") as runner:

        async def start() -> asyncssh.SSHAcceptor:
            return await asyncssh.create_server(
                Login, sock=listening, server_host_keys=[str(keys.host_key)], sftp_factory=Inbox, config=None,
                allow_scp=False, agent_forwarding=False,
            )  # fmt: skip

        acceptor = runner.run(start())

        async def show(behaviour: Behaviour) -> None:
            key = keys.other_host_key if behaviour.wrong_host_key else keys.host_key
            acceptor.update(server_host_keys=[str(key)])

        office.decisions.tell(lambda behaviour: runner.run(show(behaviour)))
        try:
            yield
        finally:

            async def close() -> None:
                acceptor.close()
                await acceptor.wait_closed()

            runner.run(close())


class _Login(asyncssh.SSHServer):
    keys: SimulatedKeys

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  the signature is asyncssh's
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        shown = key.export_public_key().split()[:2]
        return username == USER and shown == self.keys.sender_public_key.split()[:2]

    def validate_password(self, username: str, password: str) -> bool:
        return username == USER and hmac.compare_digest(password.encode(), self.keys.password.encode())


class _Upload:
    """A file that is being written."""

    def __init__(self, path: str, behaviour: Behaviour) -> None:
        self.path = path
        self.behaviour = behaviour
        self.size = 0


class _Inbox(asyncssh.SFTPServer):
    """The folder `inbox`. What a transfer meets is decided when its file is opened for writing."""

    office: ReceivingOffice

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=os.fsencode(self.office.files.inbox))
        self._uploads: dict[int, _Upload] = {}
        self._written: dict[str, Behaviour] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        return self._begun(path, bool(pflags & asyncssh.FXF_WRITE), super().open(path, pflags, attrs))

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        return self._begun(path, bool(desired_access & 0x2), super().open56(path, desired_access, flags, attrs))

    def _begun(self, path: bytes, writes: bool, file: Any) -> Any:
        if writes:
            shown = os.fsdecode(path)
            upload = _Upload(shown, self.office.decisions.take(final_name(shown)))
            if upload.behaviour.cut == "before":
                self._lost(upload)
                self.connection.abort()
            else:
                self._uploads[id(file)] = upload
        return file

    def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
        upload = self._uploads.get(id(file_obj))
        if upload is not None:
            upload.size += len(data)
            if upload.behaviour.disk_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(file_obj, offset, data)

    async def close(self, file_obj: Any) -> None:
        upload = self._uploads.pop(id(file_obj), None)
        super().close(file_obj)
        if upload is None:
            return
        if upload.behaviour.disk_full:
            self._lost(upload)
        elif is_temporary(upload.path):
            self._written[upload.path] = upload.behaviour
        else:
            await self._came(upload.path, upload.behaviour)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().rename(oldpath, newpath)
        await self._renamed(oldpath, newpath)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        await self._renamed(oldpath, newpath)

    async def _renamed(self, oldpath: bytes, newpath: bytes) -> None:
        behaviour = self._written.pop(os.fsdecode(oldpath), None)
        if not is_temporary(os.fsdecode(newpath)):
            await self._came(os.fsdecode(newpath), behaviour or self.office.decisions.now.standing.undisturbed())

    async def _came(self, shown: str, behaviour: Behaviour) -> None:
        if behaviour.delay_s:
            await asyncio.sleep(behaviour.delay_s)
        place = Path(os.fsdecode(self.map_path(os.fsencode(shown))))
        await asyncio.to_thread(self._receive, place, behaviour)
        if behaviour.cut == "after":
            self.connection.abort()

    def _receive(self, place: Path, behaviour: Behaviour) -> None:
        with suppress(FileNotFoundError):  # taken away again by whoever sent it
            data = read_bounded(place)
            sent = Transfer(protocol=PROTOCOL, name=place.name, sender=USER, data=data, path=place)
            self.office.receive(sent, behaviour)

    def _lost(self, upload: _Upload) -> None:
        self.office.lose(PROTOCOL, final_name(upload.path), USER, upload.size, upload.behaviour)
