# SPDX-License-Identifier: AGPL-3.0-or-later
"""TLS of transports: certificates always verified, our own shown when asked for, public keys pinned at the handshake.

The pin is compared as a part of the handshake, before the first byte of a request or a login is sent. What is written
and read within a `deadline` ends with it, also before TLS begins on a `timed` socket: a server that sends a byte now
and then holds nobody for longer.
"""

import base64
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anpr.domain.errors import ForwardError, SettingsError
from anpr.runtime.certificate import check_valid_today
from anpr.settings.forwarding.tls import TlsSettings


class PinError(ssl.SSLError):
    """The server has a certificate that is good, and none of the keys that are pinned."""


class _PinnedSocket(ssl.SSLSocket):
    """Compares the key as soon as the handshake is done, and keeps the context's deadline."""

    def do_handshake(self, block: bool = False) -> None:
        assert isinstance(self.context, PinnedContext)
        with self.context.in_time(self):
            super().do_handshake(block)
        self.context.check(self.getpeercert(binary_form=True))

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        assert isinstance(self.context, PinnedContext)
        with self.context.in_time(self):
            return super().recv(buflen, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        assert isinstance(self.context, PinnedContext)
        with self.context.in_time(self):
            return super().recv_into(buffer, nbytes, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        assert isinstance(self.context, PinnedContext)
        with self.context.in_time(self):
            return super().send(data, flags)


class _TimedSocket(socket.socket):
    """One without TLS yet, which keeps the deadline of the context that it gets TLS from."""

    context: "PinnedContext"

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        with self.context.in_time(self):
            return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        with self.context.in_time(self):
            super().sendall(data, flags)


def timed(plain: socket.socket, context: "PinnedContext") -> socket.socket:
    """The same connection, which keeps the deadline of this context; `plain` is of no more use."""
    timeout, kind = plain.gettimeout(), (plain.family, plain.type, plain.proto)
    connection = _TimedSocket(*kind, fileno=plain.detach())
    connection.settimeout(timeout)
    connection.context = context
    return connection


class PinnedContext(ssl.SSLContext):
    """A client's context that takes servers with one of these keys only, and any when there are none."""

    sslsocket_class = _PinnedSocket
    pins: frozenset[str] = frozenset()
    until: float | None = None
    """Monotonic time at which reading and writing ends with TimeoutError; None: each has its own time."""

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """All that its sockets write and read meanwhile has so long together; then they raise TimeoutError."""
        self.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self.until = None

    @contextmanager
    def in_time(self, connection: socket.socket) -> Iterator[None]:
        """One step of this socket: in its own time, and in what is left of the deadline. Raises TimeoutError."""
        until, own = self.until, connection.gettimeout()
        if until is None:
            yield
            return
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for one file is over")
        connection.settimeout(left if own is None else min(own, left))
        try:
            yield
        finally:
            connection.settimeout(own)

    def check(self, certificate: bytes | None) -> None:
        """Raises PinError unless the certificate's (DER) public key is pinned."""
        if self.pins and (certificate is None or pin_of(certificate) not in self.pins):
            raise PinError("the server's public key is none of `pins`")


def pin_of(certificate: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo of a certificate (DER), in base64."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    return base64.b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


def tls_context(target: TlsSettings, where: str) -> PinnedContext:
    """The context of this target. Raises ForwardError (permanent) naming the key whose file is wrong."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.pins = frozenset(target.pins)
    try:
        if target.ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=target.ca_file)
    except OSError as exc:  # ssl.SSLError is one
        raise ForwardError(f"{where}.ca_file: {target.ca_file}: {exc.strerror or exc}", permanent=True) from exc
    if target.certificate_file is not None:
        _show(context, target.certificate_file, target.key_file, where)
    return context


def _show(context: ssl.SSLContext, certificate_file: str, key_file: str | None, where: str) -> None:
    try:
        check_valid_today(certificate_file, key_file)
    except SettingsError as exc:
        raise ForwardError(f"{where}.certificate_file: {exc}", permanent=True) from exc
    context.load_cert_chain(certificate_file, key_file)


def tls_refusal(server: str, exc: BaseException) -> ForwardError | None:
    """What to say of a handshake that failed, when this error or one that caused it is one; None otherwise.

    Permanent, because a person must look: a certificate that another signed, one that has expired, one of another host.
    """
    seen: BaseException | None = exc
    for _ in range(8):
        if seen is None:
            return None
        if isinstance(seen, PinError):
            return ForwardError(f"{server}: {seen.args[0]}: nothing is sent", permanent=True)
        if isinstance(seen, ssl.SSLCertVerificationError):
            told = f"{server}: its certificate is refused: {seen.verify_message}: nothing is sent"
            return ForwardError(told, permanent=True)
        if isinstance(seen, ssl.SSLError) and "ALERT" in (seen.reason or ""):
            return ForwardError(f"{server}: it refuses TLS with us: {seen.reason}", permanent=True)
        seen = seen.__cause__ or seen.__context__
    return None
