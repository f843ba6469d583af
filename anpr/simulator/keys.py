# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys of the simulation: an authority, certificates and SSH keys of the office and of who sends, a password.

They are made anew at each start, so nothing of a trial is trusted for longer than it lasts.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from anpr.tls.bad_certificates import CertificateFault, make_bad_certificates
from anpr.tls.trial_authority import CertificateFiles, SimulatedAuthority, write_private

USER = "comune"
"""Who logs in at the simulated office."""


@dataclass(frozen=True, kw_only=True)
class SimulatedKeys:
    """What the office has, and what it gives to whoever sends."""

    folder: Path
    authority: Path
    office: CertificateFiles
    sender: CertificateFiles
    bad: Mapping[CertificateFault, CertificateFiles]
    """What the office shows when that is ordered."""
    host_key: Path
    other_host_key: Path
    """A host key that nobody was told of."""
    sender_key: Path
    sender_public_key: bytes
    """As OpenSSH writes it."""
    host_public_key: str
    """The same of the office's host key, for known_hosts."""
    password: str
    password_file: Path
    pin: str
    """Of the office's certificate, as `pins` of a target takes it."""


def make_keys(folder: Path, now: datetime, hosts: tuple[str, ...]) -> SimulatedKeys:
    """Make all of them in this folder, in place of older ones. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = SimulatedAuthority(folder, now)
    office = authority.issue("ufficio", "Simulazione anpr: ufficio ricevente", hosts)
    sender = authority.issue("comune", "Simulazione anpr: comune che inoltra", ())
    password = secrets.token_urlsafe(18)
    write_private(folder / "password", f"{password}\n".encode())
    host_public = _ssh_key(folder / "ufficio_ssh")
    certificate = x509.load_pem_x509_certificate(office.certificate.read_bytes())
    made = SimulatedKeys(
        folder=folder,
        authority=authority.certificate,
        office=office,
        sender=sender,
        bad=make_bad_certificates(folder / "sbagliate", authority, now, hosts),
        host_key=folder / "ufficio_ssh",
        other_host_key=folder / "sbagliate" / "altro_ssh",
        sender_key=folder / "comune_ssh",
        sender_public_key=_ssh_key(folder / "comune_ssh"),
        host_public_key=host_public.decode(),
        password=password,
        password_file=folder / "password",
        pin=_pin(certificate),
    )
    _ssh_key(made.other_host_key)
    return made


def _pin(certificate: x509.Certificate) -> str:
    """SHA-256 of its SubjectPublicKeyInfo, in base64."""
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(sha256(public).digest()).decode()


def _ssh_key(path: Path) -> bytes:
    """Write a private key; returns the public one."""
    key = ed25519.Ed25519PrivateKey.generate()
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    path.with_suffix(".pub").write_bytes(public + b"\n")
    return public
