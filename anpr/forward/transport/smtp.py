# SPDX-License-Identifier: AGPL-3.0-or-later
"""SMTP transport: a mail for each file, with the file attached, over TLS. It never falls back to a plain connection.

That a mail server took a mail is no word of the office: transits stay `sent` until a receipt says more.
"""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from mimetypes import guess_type

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import SLOWEST_BYTES_PER_S, Receipt
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.placeholders import fill_placeholders
from anpr.settings.forwarding.smtp import SmtpTarget
from anpr.ssh.credentials import read_secret
from anpr.tls.context import PinnedContext, timed, tls_context, tls_refusal

_PERMANENT = range(500, 600)
_TAKEN = (250, 251)


@contextmanager
def open_target(target: SmtpTarget, where: str, clock: Clock) -> Iterator["SmtpTransport"]:
    """A session with the server, encrypted and logged in. Raises ForwardError."""
    server = f"mail server {target.host}:{target.port}"
    secret = read_secret(target, where)
    if not f"{target.user or ''}{secret or ''}".isascii():
        raise ForwardError(f"{where}: a login by mail has letters of ASCII only, in user and password", permanent=True)
    context = tls_context(target, where)
    with _mapped(server, target.user), context.deadline(target.timeout_s):
        session = _session(target, context, secret)
    try:
        yield SmtpTransport(session, target, server, context, clock)
    finally:
        # What was taken is taken, however the farewell goes.
        with suppress(OSError, smtplib.SMTPException), context.deadline(target.timeout_s):
            session.quit()
        session.close()


class _TimedSmtp(smtplib.SMTP):
    """Keeps the deadline of its context before TLS too."""

    def __init__(self, context: PinnedContext, host: str, port: int, here: str, timeout: float) -> None:
        self._context = context
        super().__init__(host, port, here, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return timed(socket.create_connection((host, port), timeout), self._context)


def _session(target: SmtpTarget, context: PinnedContext, secret: str | None) -> smtplib.SMTP:
    here = socket.gethostname()  # smtplib would ask the name service, which may take long
    session: smtplib.SMTP
    if target.security == "tls":
        session = smtplib.SMTP_SSL(target.host, target.port, here, timeout=target.timeout_s, context=context)
    else:
        session = _TimedSmtp(context, target.host, target.port, here, target.timeout_s)
    try:
        if target.security == "starttls":
            session.starttls(context=context)
        if target.user is not None:
            session.login(target.user, str(secret))
        session.ehlo_or_helo_if_needed()
    except BaseException:
        session.close()
        raise
    return session


class SmtpTransport:
    """Each mail goes to all recipients, or to none: the server is asked for each before the file is sent."""

    def __init__(
        self, session: smtplib.SMTP, target: SmtpTarget, server: str, context: PinnedContext, clock: Clock
    ) -> None:
        self._session = session
        self._context = context
        self._target = target
        self._server = server
        self._clock = clock

    def send(self, name: str, data: bytes) -> Receipt:
        where = f"{self._server}: {name}"
        message = mail_with(self._target, name, data, self._clock.now()).as_bytes(policy=SMTP)
        seconds = self._target.timeout_s + len(message) / SLOWEST_BYTES_PER_S
        with _mapped(where, None), self._context.deadline(seconds):
            self._hand_over(where, message)
        return Receipt(name=name)

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002  the signature is the protocol's
        return None

    def _hand_over(self, where: str, message: bytes) -> None:
        session = self._session
        has_size = session.has_extn("size")
        most = session.esmtp_features.get("size", "") if has_size else ""
        if most.isdecimal() and 0 < int(most) < len(message):
            raise ForwardError(f"{where}: {len(message)} bytes, the server takes {int(most)}", permanent=True)
        options = [f"SIZE={len(message)}"] if has_size else []
        self._expect(where, "the sender", *session.mail(self._target.sender, options))
        for address in self._target.to:
            self._expect(where, address, *session.rcpt(address))
        self._expect(where, "the file", *session.data(message))

    def _expect(self, where: str, what: str, code: int, said: bytes) -> None:
        if code in _TAKEN:
            return
        with suppress(OSError, smtplib.SMTPException):
            self._session.rset()
        raise ForwardError(f"{where}: refuses {what}: {_told(code, said)}", permanent=code in _PERMANENT)


def mail_with(target: SmtpTarget, name: str, data: bytes, at: datetime) -> EmailMessage:
    """The mail for this file, sent at this time (UTC). Its Message-ID is the same at each try, so that a receiver knows
    a repeat."""
    digest = sha256(data).hexdigest()
    values = {"name": name, "stem": name.rpartition(".")[0] or name, "sha256": digest, "size": str(len(data))}
    message = EmailMessage(policy=SMTP)
    message["From"] = target.sender
    message["To"] = ", ".join(target.to)
    message["Subject"] = fill_placeholders(target.subject, values)
    message["Date"] = format_datetime(at)
    identity = sha256(f"{name} {digest}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{identity}@{target.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(fill_placeholders(target.text, values))
    main, _, sub = (guess_type(name)[0] or "application/octet-stream").partition("/")
    # As bytes, whatever it is: a text part would have its line ends changed on the way.
    main, sub = (main, sub) if main in ("image", "application") else ("application", "octet-stream")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


@contextmanager
def _mapped(where: str, user: str | None) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as exc:  # its text may quote what was sent
        raise ForwardError(f"{where}: refuses the login of {user} ({exc.smtp_code})", permanent=True) from None
    except smtplib.SMTPResponseException as exc:
        told = _told(exc.smtp_code, exc.smtp_error)
        raise ForwardError(f"{where}: {told}", permanent=exc.smtp_code in _PERMANENT) from exc
    except smtplib.SMTPNotSupportedError as exc:
        raise ForwardError(f"{where}: {exc}", permanent=True) from exc
    except (OSError, smtplib.SMTPException) as exc:
        refusal = tls_refusal(where, exc)
        raise refusal or ForwardError(f"{where}: {getattr(exc, 'strerror', None) or type(exc).__name__}") from exc
    except ValueError as exc:  # after OSError, as a certificate's error is both; its text may quote what was sent
        raise ForwardError(f"{where}: {type(exc).__name__}", permanent=True) from None


def _told(code: int, said: bytes | str) -> str:
    """What the server says, in one short line."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(''.join(c if c.isprintable() else ' ' for c in text).split())[:200]}".strip()
