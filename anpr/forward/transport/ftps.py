# SPDX-License-Identifier: AGPL-3.0-or-later
"""FTPS transport: explicit TLS for commands and data, one TLS session for both, in passive mode.

Servers such as vsftpd refuse a data connection that does not resume the session of the commands.
"""

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.ssh.credentials import read_secret
from anpr.tls.context import tls_context, tls_refusal

_READ_BYTES = 256 * 1024
_MAX_TOLD = 200
_NOT_THERE = "550"


@contextmanager
def open_target(
    target: FtpsTarget,
    where: str,
    clock: Clock,  # noqa: ARG001  the signature is the protocol\'s
) -> Iterator["FtpsTransport"]:
    """A logged-in session whose data are encrypted too. Raises ForwardError."""
    context, secret = tls_context(target, where), read_secret(target, where)
    session = _Session(context=context, timeout=target.timeout_s, encoding="utf-8")
    server = f"ftps://{target.host}:{target.port}"
    try:
        with _mapped(server):
            session.connect(target.host, target.port)
            session.auth()
            _log_in(session, server, target.user, str(secret))
            session.prot_p()
        yield FtpsTransport(session, target, server)
    finally:
        session.close()


class _Session(ftplib.FTP_TLS):
    """Resumes the TLS session of the commands for each connection of data."""

    context: ssl.SSLContext

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(connection, server_hostname=self.host, session=session), size


def _log_in(session: _Session, server: str, user: str, secret: str) -> None:
    if any(ord(c) < 32 for c in secret):
        raise ForwardError(f"{server}: the password holds a sign that FTP cannot carry", permanent=True)
    try:
        session.login(user, secret)
    except ftplib.error_perm as exc:  # its text may quote what was sent
        raise ForwardError(f"{server}: refuses the login of {user} ({str(exc)[:3]})", permanent=True) from None


class FtpsTransport:
    """Writes a file as the target's settings say, by default as `.NAME.part`, then renames it."""

    def __init__(self, session: _Session, target: FtpsTarget, server: str) -> None:
        self._session = session
        self._target = target
        self._server = server

    def send(self, name: str, data: bytes) -> Receipt:
        where = f"{self._server}: {name}"
        written, whole = self._target.places(name)
        with _mapped(where, f"writing {written}", "temporary_name and temporary_path"):
            self._store(written, data)
        if written != whole:
            try:
                with _mapped(where, "renaming", "`appear: direct`"):
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
        with _mapped(where):
            try:
                data = self._retrieve(self._target.places(name)[1])
            except ftplib.error_perm as exc:
                if str(exc).startswith(_NOT_THERE):
                    return None
                raise
        return checked_receipt(where, name, data)

    def _store(self, path: str, data: bytes) -> None:
        self._session.voidcmd("TYPE I")
        with self._session.transfercmd(f"STOR {path}") as connection:
            connection.sendall(data)
            _finish(connection)
        self._session.voidresp()

    def _retrieve(self, path: str) -> bytes:
        self._session.voidcmd("TYPE I")
        data = bytearray()
        with self._session.transfercmd(f"RETR {path}") as connection:
            while len(data) <= MAX_RECEIPT_BYTES and (part := connection.recv(_READ_BYTES)):
                data += part
            if len(data) <= MAX_RECEIPT_BYTES:
                _finish(connection)
        try:
            self._session.voidresp()
        except ftplib.Error:
            if len(data) <= MAX_RECEIPT_BYTES:  # of a larger one it is our own end of it that is answered
                raise
        return bytes(data)

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
            with _mapped(where, "looking at it", "`verify: none`"):
                self._session.voidcmd("TYPE I")
                found = self._session.size(path)
        except ForwardError as exc:
            if isinstance(exc.__cause__, ftplib.error_perm) and str(exc.__cause__).startswith(_NOT_THERE):
                told = (
                    f"{where}: not there after it was sent; a server that takes files away at once needs `verify: none`"
                )
                raise ForwardError(told) from exc
            raise
        if found is not None and found != size:
            raise ForwardError(f"{where}: {size} bytes were sent, the server has {found}")


def _finish(connection: Any) -> None:
    """End TLS in order, so that the server knows that it has all; some hang up at once instead."""
    with suppress(OSError, ValueError):
        connection.unwrap()


@contextmanager
def _mapped(where: str, what: str = "", cure: str = "") -> Iterator[None]:
    """Errors as ForwardError; with `what` was refused, and the key that is the `cure`."""
    try:
        yield
    except ftplib.error_perm as exc:
        told = f"{what} is refused ({_told(exc)}); see {cure}" if what else _told(exc)
        raise ForwardError(f"{where}: {told}", permanent=True) from exc
    except ftplib.Error as exc:
        raise ForwardError(f"{where}: {_told(exc)}") from exc
    except TimeoutError as exc:
        raise ForwardError(f"{where}: no answer in time") from exc
    except (OSError, EOFError, ValueError) as exc:
        raise tls_refusal(where, exc) or ForwardError(f"{where}: {_told(exc)}") from exc


def _told(exc: Exception) -> str:
    text = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TOLD]
