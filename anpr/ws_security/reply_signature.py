# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signature of replies: only what the pinned certificate's key has signed is read on."""

from pathlib import Path
from typing import Any

from cryptography import x509

from anpr.domain.errors import ForwardError
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.ws_security import WsSecuritySettings
from anpr.ws_security.envelope import ENVELOPES
from anpr.ws_security.libraries import load_libraries, read_tree
from anpr.ws_security.names import WSSE


class ReplySignature:
    """Verifies by one certificate that was agreed on before, whatever certificate the reply carries."""

    def __init__(self, certificate: x509.Certificate, clock: Clock, libraries: Any) -> None:
        self._certificate = certificate
        self._clock = clock
        self._signxml = libraries.signxml
        self._etree = libraries.etree

    def signed_part(self, reply: bytes, *, is_large: bool = False) -> bytes:
        """An envelope with the Body that was signed, and nothing else of the reply. Raises ValueError.

        With `is_large` texts of more than 10 MB are read, which lists may be.
        """
        root = read_tree(self._etree, reply, is_large=is_large)
        space = root.tag.partition("}")[0].lstrip("{")
        if space not in ENVELOPES.values():
            raise ValueError("no SOAP envelope")
        bodies = [data for tag, data in self._signed(root, space) if tag == f"{{{space}}}Body"]
        if len(bodies) != 1:
            raise ValueError("its Body is not signed")
        return f'<e:Envelope xmlns:e="{space}">'.encode() + bodies[0] + b"</e:Envelope>"

    def _signed(self, root: Any, space: str) -> list[tuple[str, bytes]]:
        signxml = self._signxml
        config = signxml.SignatureConfiguration(
            location=f"./{{{space}}}Header/{{{WSSE}}}Security/",
            expect_references=False,
            verification_time=self._clock.now(),
        )
        verifier = signxml.XMLVerifier()
        try:
            found = verifier.verify(root, x509_cert=self._certificate, id_attribute="Id", expect_config=config)
        except Exception as exc:
            raise ValueError(f"not good: {type(exc).__name__}") from exc
        return [(each.signed_xml.tag, each.signed_data) for each in found if each.signed_xml is not None]


def open_reply_signature(settings: WsSecuritySettings, where: str, clock: Clock) -> ReplySignature | None:
    """With the certificate read now; None when none is named. Raises ForwardError (permanent)."""
    if settings.reply_certificate_file is None:
        return None
    key = f"{where}.reply_certificate_file"
    libraries = load_libraries(key)
    try:
        certificate = x509.load_pem_x509_certificate(Path(settings.reply_certificate_file).read_bytes())
    except (OSError, ValueError) as exc:
        why = f"{settings.reply_certificate_file}: {getattr(exc, 'strerror', None) or exc}"
        raise ForwardError(f"{key}: {why}", permanent=True) from exc
    return ReplySignature(certificate, clock, libraries)
