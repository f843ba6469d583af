# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real SMTP server (aiosmtpd) with TLS and a login, that keeps what it takes; for tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from anpr.runtime.certificate import load_pair
from scripts.lab.certificates import Authority, Issued
from scripts.lab.ports import free_ports

USER, PASSWORD = "anpr", "una parola di posta"


@dataclass(kw_only=True)
class MailServer:
    """Where it listens, and the messages that it took. `refused`: addresses that it refuses, with its answer."""

    port: int
    authority: Authority
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    encrypted: list[bool] = field(default_factory=list)
    on_taken: Callable[[EmailMessage], None] = lambda _: None
    """Is given each message before the server says that it took it."""

    async def handle_RCPT(  # noqa: N802  the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse an address."""
        del server, session, options
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message."""
        transport = server.transport
        in_tls = transport is not None and transport.get_extra_info("ssl_object") is not None
        self.encrypted.append(in_tls or session.ssl is not None)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.on_taken(message)
        self.taken.append(message)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        return "250 OK"


@contextmanager
def mail_server(
    authority: Authority, issued: Issued, *, security: str = "starttls", port: int = 0
) -> Iterator[MailServer]:
    """A server on this machine: `starttls`, `tls`, or `plain` without any encryption; at `port`, else a free one."""
    port = port or free_ports(1)[0]
    server = MailServer(port=port, authority=authority)
    context = load_pair(str(issued.certificate), str(issued.key))
    options: dict[str, Any] = {"authenticator": _check_login, "auth_required": security == "starttls"}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}  # aiosmtpd asks for STARTTLS within TLS
    controller = Controller(server, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _check_login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
    del server, session, envelope, mechanism
    is_right = isinstance(login, LoginPassword) and (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)  # aiosmtpd tells the client
