# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificates that are wrong on purpose: whoever connects must refuse them."""

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from anpr.tls.trial_authority import CertificateFiles, SimulatedAuthority

CertificateFault = Literal["none", "expired", "wrong-host", "wrong-authority", "self-signed"]
OTHER_HOST = "altro-ufficio.example.it"
"""Of the certificate for another host, and where a redirect leads."""
_EXPIRED_FOR = timedelta(days=1)
_NAME = "Simulazione anpr: ufficio ricevente"


def bad_context(files: CertificateFiles) -> ssl.SSLContext:
    """A server's context that shows it, and that asks nobody who they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.both)
    return context


def make_bad_certificates(
    folder: Path, authority: SimulatedAuthority, now: datetime, hosts: tuple[str, ...]
) -> dict[CertificateFault, CertificateFiles]:
    """One for each fault, in this folder. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    others = SimulatedAuthority(folder, now, "Simulazione anpr: autorità che nessuno conosce")
    return {
        "expired": authority.issue("ufficio-scaduto", _NAME, hosts, ends_at=now - _EXPIRED_FOR),
        "wrong-host": authority.issue("ufficio-altro-nome", _NAME, (OTHER_HOST,)),
        "wrong-authority": others.issue("ufficio-altra-autorita", _NAME, hosts),
        "self-signed": others.issue_self_signed("ufficio-autofirmato", _NAME, hosts),
    }
