# SPDX-License-Identifier: AGPL-3.0-or-later
"""Own TLS certificate and its key, checked before anybody connects: readable, a pair, and valid today."""

import ssl
from datetime import UTC, date
from pathlib import Path

from cryptography import x509

from anpr.domain.errors import SettingsError


def load_pair(certificate_file: str, key_file: str | None) -> ssl.SSLContext:
    """A server's context with this PEM certificate and key. Raises SettingsError naming the files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate_file, key_file, password=_no_password)
    except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
        why = exc.reason if isinstance(exc, ssl.SSLError) else getattr(exc, "strerror", None) or exc
        raise SettingsError(f"{certificate_file}, {key_file}: {why}") from exc
    return context


def check_valid_today(certificate_file: str, key_file: str | None) -> None:
    """A handshake in memory, with a client that trusts just this certificate. Raises SettingsError as `load_pair`
    does, and when the certificate has expired or is not valid yet.
    """
    server = load_pair(certificate_file, key_file)
    client = ssl.create_default_context(cafile=certificate_file)
    client.check_hostname = False
    client.verify_flags = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN  # not X509_STRICT: how it was made is not asked
    try:
        _shake_hands(server, client)
    except ssl.SSLCertVerificationError as exc:
        raise SettingsError(f"{certificate_file}: {exc.verify_message}") from exc


def last_day(certificate_file: str) -> date:
    """The last day (UTC) on which this PEM certificate, and those beside it, hold. Raises SettingsError."""
    try:
        found = x509.load_pem_x509_certificates(Path(certificate_file).read_bytes())
    except (OSError, ValueError) as exc:
        raise SettingsError(f"{certificate_file}: {getattr(exc, 'strerror', None) or exc}") from exc
    return min(each.not_valid_after_utc for each in found).astimezone(UTC).date()


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)]
    for end in ends * 2:  # hello, hello and certificate, the client's verdict, the end
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def _no_password() -> str:
    raise ValueError("the key needs a password; store it without one, readable by this user only")
