# SPDX-License-Identifier: AGPL-3.0-or-later
"""Impostor on this machine: a TLS server that speaks as far as its certificate, and keeps what it is told after it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from anpr.domain.errors import ForwardError
from anpr.settings import DestinationSettings
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.settings.forwarding.https import HttpsTarget
from anpr.settings.forwarding.smtp import SmtpTarget
from anpr.tls.bad_certificates import OTHER_HOST, bad_context
from anpr.tls.trial_authority import CertificateFiles

LOOPBACK = "127.0.0.1"
_PATIENCE_S = 10.0
_MOST_READ = 1 << 16
_REDIRECT = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://{OTHER_HOST}/\r\nContent-Length: 0\r\n\r\n".encode()
_FTP = (b"220 prova\r\n", b"234 AUTH\r\n")
_SMTP = (b"220 prova ESMTP\r\n", b"250-prova\r\n250 STARTTLS\r\n", b"220 STARTTLS\r\n")


@dataclass
class Impostor:
    """Where it listens, and whether anybody told it anything within TLS."""

    port: int
    heard: bytearray = field(default_factory=bytearray)


@contextmanager
def impostor(kind: str, shown: CertificateFiles) -> Iterator[Impostor]:
    """Listens until the context ends. `kind`: https, ftps, smtp; `shown` is its certificate. Raises ForwardError."""
    context = bad_context(shown)
    greetings = {"ftps": _FTP, "smtp": _SMTP}.get(kind, ())
    try:
        listening = socket.create_server((LOOPBACK, 0))
    except OSError as exc:
        raise ForwardError(f"{LOOPBACK}: no place to listen: {exc.strerror}") from exc
    made = Impostor(listening.getsockname()[1])

    def serve() -> None:
        with suppress(OSError):  # the other side goes away in the handshake, as it should; or the listener is closed
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(_PATIENCE_S)
                _greet(connection, greetings)
                with context.wrap_socket(connection, server_side=True) as secret:
                    made.heard += secret.recv(_MOST_READ)
                    secret.sendall(_REDIRECT)
                    while secret.recv(_MOST_READ):  # to close before its end would lose the answer
                        pass

    thread = threading.Thread(target=serve, name="impostor", daemon=True)
    thread.start()
    try:
        yield made
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(2 * _PATIENCE_S)


def misled(destination: DestinationSettings, port: int, ca_file: str, pins: Sequence[str] = ()) -> DestinationSettings:
    """The destination with the impostor's address in place of its server's, trusting this authority alone."""
    target = destination.target
    changes: dict[str, object] = {"ca_file": ca_file, "pins": tuple(pins)}
    if isinstance(target, HttpsTarget):
        changes |= {"url": f"https://{LOOPBACK}:{port}/prova", "auth": "none"}
        changes |= dict.fromkeys(("user", "auth_header", "secret_file", "secret_env"))
    elif isinstance(target, FtpsTarget | SmtpTarget):
        changes |= {"host": LOOPBACK, "port": port}
    return destination.model_copy(update={"target": target.model_copy(update=changes)})


def _greet(connection: socket.socket, greetings: Sequence[bytes]) -> None:
    """What an FTP or mail server says before TLS; the last of it answers the wish for TLS."""
    for number, greeting in enumerate(greetings):
        if number:
            connection.recv(_MOST_READ)
        connection.sendall(greeting)
