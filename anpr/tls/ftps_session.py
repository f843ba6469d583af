# SPDX-License-Identifier: AGPL-3.0-or-later
"""FTPS session: explicit TLS for commands and data, one TLS session for both, in passive mode.

Servers such as vsftpd refuse a data connection that does not resume the session of the commands.
"""

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from anpr.domain.errors import ForwardError
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.ssh.credentials import read_secret
from anpr.tls.context import PinnedContext, timed, tls_context, tls_refusal

NOT_THERE = "550"
_READ_BYTES = 256 * 1024
_MAX_TOLD = 200


class FtpsSession(ftplib.FTP_TLS):
    """Resumes the TLS session of the commands for each connection of data."""

    context: PinnedContext

    def open(self, host: str, port: int) -> None:
        """As `connect`, by a socket that keeps the deadline before TLS too. Raises OSError and ftplib's errors."""
        self.host, self.port = host, port
        self.sock = timed(socket.create_connection((host, port), self.timeout), self.context)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(connection, server_hostname=self.host, session=session), size

    def pieces(self, command: str, most: int) -> Iterator[bytes]:
        """What the server sends for this command, until it ends, or until more than `most` bytes have come.

        Raises ftplib's errors, also where the server says at the end that it was not all.
        """
        self.voidcmd("TYPE I")
        size = 0
        with self.transfercmd(command) as connection:
            while size <= most and (part := connection.recv(_READ_BYTES)):
                size += len(part)
                yield part
            if size <= most:
                finish_tls(connection)
        try:
            self.voidresp()
        except ftplib.Error:
            if size <= most:  # of a larger one it is our own end of it that is answered
                raise


@contextmanager
def open_ftps(target: FtpsTarget, where: str) -> Iterator[FtpsSession]:
    """A logged-in session whose data are encrypted too. Raises ForwardError."""
    context, secret = tls_context(target, where), read_secret(target, where)
    session = FtpsSession(context=context, timeout=target.timeout_s, encoding="utf-8")
    server = ftps_server_of(target)
    try:
        with ftps_errors(server), context.deadline(target.timeout_s):
            session.open(target.host, target.port)
            session.auth()
            _log_in(session, server, target.user, str(secret))
            session.prot_p()
        yield session
    finally:
        session.close()


def ftps_server_of(target: FtpsTarget) -> str:
    """For messages."""
    return f"ftps://{target.host}:{target.port}"


def finish_tls(connection: Any) -> None:
    """End TLS in order, so that the server knows that it has all; some hang up at once instead."""
    with suppress(OSError, ValueError):
        connection.unwrap()


@contextmanager
def ftps_errors(where: str, what: str = "", cure: str = "") -> Iterator[None]:
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


def _log_in(session: FtpsSession, server: str, user: str, secret: str) -> None:
    if any(ord(c) < 32 for c in secret):
        raise ForwardError(f"{server}: the password holds a sign that FTP cannot carry", permanent=True)
    try:
        session.login(user, secret)
    except ftplib.error_perm as exc:  # its text may quote what was sent
        raise ForwardError(f"{server}: refuses the login of {user} ({str(exc)[:3]})", permanent=True) from None


def _told(exc: Exception) -> str:
    text = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TOLD]
