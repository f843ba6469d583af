# SPDX-License-Identifier: AGPL-3.0-or-later
"""SMTP client: a connection for each mail, encrypted (TLS or STARTTLS) and verified, or nothing is sent.

It never falls back to a plain connection, and shows neither login nor password in what it raises.
"""

import smtplib
import socket
import ssl
from contextlib import suppress
from pathlib import Path

from anpr.domain.errors import MailError, SettingsError
from anpr.mail.message import Mail, on_the_wire
from anpr.runtime.clock import Clock
from anpr.settings.mail import MailSettings
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file

_PERMANENT = range(500, 600)


class SmtpSender:
    """Sends mails through the server of the settings. Secret and certificates are read at each mail."""

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def send(self, mail: Mail) -> None:
        """Hand the mail to the server, which has taken it when this returns.

        Raises MailError, `permanent` where the server refuses for good, and SettingsError where a file is missing.
        """
        settings = self._settings
        if settings.host is None or settings.sender is None:
            raise SettingsError("mail.host: no mail server is set")
        message = on_the_wire(mail, settings.sender, self._clock.now())
        where = f"mail server {settings.host}:{settings.port}"
        is_connected = False
        try:
            server = self._connected(settings.host)
            is_connected = True
            try:
                server.send_message(message, settings.sender, [mail.to])
            finally:
                with suppress(OSError, smtplib.SMTPException):  # what was taken is taken, however the farewell goes
                    server.quit()
        except smtplib.SMTPRecipientsRefused as exc:
            code, why = exc.recipients[mail.to]
            is_permanent = code in _PERMANENT
            raise MailError(
                f"{where}: refuses {mail.to}: {_said(code, why)}", permanent=is_permanent, of_mail=True
            ) from exc
        except smtplib.SMTPAuthenticationError as exc:  # its text may quote what was sent
            raise MailError(f"{where}: refuses the login of mail.user ({exc.smtp_code})", permanent=True) from exc
        except smtplib.SMTPResponseException as exc:
            said = _said(exc.smtp_code, exc.smtp_error)
            is_permanent, is_content = exc.smtp_code in _PERMANENT, isinstance(exc, smtplib.SMTPDataError)
            raise MailError(f"{where}: {said}", permanent=is_permanent, of_mail=is_content) from exc
        except smtplib.SMTPNotSupportedError as exc:
            raise MailError(f"{where}: {exc}", permanent=True) from exc
        except ssl.SSLCertVerificationError as exc:
            raise MailError(f"{where}: its certificate is refused: {exc.verify_message}") from exc
        except (OSError, smtplib.SMTPException) as exc:
            detail = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
            raise MailError(f"{where}: {detail}", of_mail=is_connected) from exc

    def _connected(self, host: str) -> smtplib.SMTP:
        settings, context = self._settings, self._context()
        here = socket.gethostname()  # smtplib would ask the name service, which may take long
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(host, settings.port, here, timeout=settings.timeout_s, context=context)
        else:
            server = smtplib.SMTP(host, settings.port, here, timeout=settings.timeout_s)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user is not None:
                server.login(*self._login(settings.user))
        except BaseException:
            with suppress(OSError, smtplib.SMTPException):
                server.close()
            raise
        return server

    def _login(self, user: str) -> tuple[str, str]:
        """User and password: what goes with a login is ASCII, or the library fails with the password in its text."""
        secret = self._secret()
        if not (user + secret).isascii():
            raise SettingsError("mail.user: a login has letters of ASCII only, in user and password")
        return user, secret

    def _context(self) -> ssl.SSLContext:
        ca_file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=ca_file)
        except OSError as exc:
            raise SettingsError(f"mail.ca_file: {ca_file}: {exc.strerror or exc}") from exc

    def _secret(self) -> str:
        settings = self._settings
        if settings.secret_env is not None:
            value = bare_secret(environment_variable(settings.secret_env) or "")
            if not value:
                raise SettingsError(f"mail.secret_env: the environment variable {settings.secret_env} is not set")
            return value
        try:
            return read_secret_file(Path(str(settings.secret_file)))
        except SettingsError as exc:
            raise SettingsError(f"mail.secret_file: {exc}") from exc


def _said(code: int, why: bytes | str) -> str:
    """What the server says, in one short line."""
    text = why.decode(errors="replace") if isinstance(why, bytes) else why
    return f"{code} {' '.join(''.join(c if c.isprintable() else ' ' for c in text).split())[:200]}".strip()
