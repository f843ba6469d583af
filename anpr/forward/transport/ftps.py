# SPDX-License-Identifier: AGPL-3.0-or-later
"""FTPS transport: a file is written and renamed in a folder of an FTP server, within TLS."""

import ftplib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, SLOWEST_BYTES_PER_S, Receipt, checked_receipt
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.tls.ftps_session import NOT_THERE, FtpsSession, finish_tls, ftps_errors, ftps_server_of, open_ftps


@contextmanager
def open_target(
    target: FtpsTarget,
    where: str,
    clock: Clock,  # noqa: ARG001  all transports are opened in one way
) -> Iterator["FtpsTransport"]:
    """A logged-in session whose data are encrypted too. Raises ForwardError."""
    with open_ftps(target, where) as session:
        yield FtpsTransport(session, target, ftps_server_of(target))


class FtpsTransport:
    """Writes a file as the target's settings say, by default as `.NAME.part`, then renames it."""

    def __init__(self, session: FtpsSession, target: FtpsTarget, server: str) -> None:
        self._session = session
        self._target = target
        self._server = server

    def send(self, name: str, data: bytes) -> Receipt:
        with self._in_time(len(data)):
            return self._send(name, data)

    def _in_time(self, size: int) -> AbstractContextManager[None]:
        return self._session.context.deadline(self._target.timeout_s + size / SLOWEST_BYTES_PER_S)

    def _send(self, name: str, data: bytes) -> Receipt:
        where = f"{self._server}: {name}"
        written, whole = self._target.places(name)
        with ftps_errors(where, f"writing {written}", "temporary_name and temporary_path"):
            self._store(written, data)
        if written != whole:
            try:
                with ftps_errors(where, "renaming", "`appear: direct`"):
                    self._rename(written, whole)
            except ForwardError:
                with suppress(*ftplib.all_errors):  # what is left over would lie there for ever
                    self._session.delete(written)
                raise
        if self._target.verify == "size":
            self._look(where, whole, len(data))
        return Receipt(name=name)

    def fetch(self, name: str) -> Receipt | None:
        where = f"{self._server}: {name}"
        with ftps_errors(where), self._in_time(MAX_RECEIPT_BYTES):
            try:
                data = self._retrieve(self._target.places(name)[1])
            except ftplib.error_perm as exc:
                if str(exc).startswith(NOT_THERE):
                    return None
                raise
        return checked_receipt(where, name, data)

    def _store(self, path: str, data: bytes) -> None:
        self._session.voidcmd("TYPE I")
        with self._session.transfercmd(f"STOR {path}") as connection:
            connection.sendall(data)
            finish_tls(connection)
        self._session.voidresp()

    def _retrieve(self, path: str) -> bytes:
        return b"".join(self._session.pieces(f"RETR {path}", MAX_RECEIPT_BYTES))

    def _rename(self, written: str, whole: str) -> None:
        try:
            self._session.rename(written, whole)
        except ftplib.error_perm:
            # Many servers rename only to a free name: there is a moment without the file.
            with suppress(ftplib.error_perm):
                self._session.delete(whole)
            self._session.rename(written, whole)

    def _look(self, where: str, path: str, size: int) -> None:
        try:
            with ftps_errors(where, "looking at it", "`verify: none`"):
                self._session.voidcmd("TYPE I")
                found = self._session.size(path)
        except ForwardError as exc:
            if isinstance(exc.__cause__, ftplib.error_perm) and str(exc.__cause__).startswith(NOT_THERE):
                told = (
                    f"{where}: not there after it was sent; a server that takes files away at once needs `verify: none`"
                )
                raise ForwardError(told) from exc
            raise
        if found is not None and found != size:
            raise ForwardError(f"{where}: {size} bytes were sent, the server has {found}")
