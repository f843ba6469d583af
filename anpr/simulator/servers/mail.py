# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail server of the simulated office (aiosmtpd, extra `simulator`): STARTTLS, a login, attachments as files."""

import asyncio
import hmac
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from anpr.runtime.certificate import load_pair
from anpr.simulator.keys import USER, SimulatedKeys
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.servers.loop_thread import loop_thread
from anpr.simulator.servers.shown_certificate import chooses_certificate
from anpr.simulator.transfer import Transfer

PROTOCOL = "mail"
MAX_MAIL_BYTES = 64 * 1024 * 1024
_FULL = "452 4.3.1 Insufficient system storage"
_TAKEN = "250 OK"


@contextmanager
def serve_mail(office: ReceivingOffice, keys: SimulatedKeys, listening: socket.socket) -> Iterator[None]:
    """Serve until the context ends."""
    context = load_pair(str(keys.office.certificate), str(keys.office.key))
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it tells a refused handshake by a whole traceback
    context.sni_callback = chooses_certificate(office, keys)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        del server, session, envelope, mechanism
        is_right = isinstance(login, LoginPassword) and (
            login.login == USER.encode() and hmac.compare_digest(login.password, keys.password.encode())
        )
        return AuthResult(success=is_right, handled=False)

    def session() -> SMTP:
        return SMTP(
            _Letterbox(office), hostname="simulatore", tls_context=context, require_starttls=True, auth_required=True,
            authenticator=check, data_size_limit=MAX_MAIL_BYTES, loop=runner.loop,
        )  # fmt: skip

    with loop_thread("simulator-mail") as runner:

        async def start() -> asyncio.Server:
            return await asyncio.get_running_loop().create_server(session, sock=listening)

        server = runner.run(start())
        try:
            yield
        finally:
            runner.loop.call_soon_threadsafe(server.close)


class _Letterbox:
    """Takes mails: each attachment is a file that came."""

    def __init__(self, office: ReceivingOffice) -> None:
        self._office = office

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail's attachments, and answer."""
        del session
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        names = [part.get_filename() or "allegato" for part in message.iter_attachments()]
        behaviour = self._office.decisions.take(names[0] if names else "mail")
        sender = str(envelope.mail_from)
        if behaviour.delay_s:
            await asyncio.sleep(behaviour.delay_s)
        if behaviour.cut == "before" or behaviour.disk_full:
            self._office.lose(PROTOCOL, names[0] if names else "mail", sender, len(content), behaviour)
            return self._cut(server) if behaviour.cut == "before" else _FULL
        for part in message.iter_attachments():
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                name = part.get_filename() or "allegato"
                sent = Transfer(protocol=PROTOCOL, name=name, sender=sender, data=data)
                await asyncio.to_thread(self._office.receive, sent, behaviour)
        return self._cut(server) if behaviour.cut == "after" else _TAKEN

    @staticmethod
    def _cut(server: SMTP) -> str:
        if isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return _TAKEN
