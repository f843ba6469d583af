# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificate authority of trials: makes the certificates of a simulated office and of whoever sends to it."""

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=365)
_BEFORE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class CertificateFiles:
    """PEM files: a certificate, its key (PKCS #8), and both in one."""

    certificate: Path
    key: Path
    both: Path


class SimulatedAuthority:
    """Signs certificates; its own is the file `certificate`. Its key is kept in memory only."""

    def __init__(self, folder: Path, now: datetime, name: str = "Simulazione anpr: autorità di prova") -> None:
        self._folder, self._now = folder, now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        signed = builder.add_extension(_signs_certificates(), critical=True).sign(self._key, hashes.SHA256())
        self.certificate = folder / "autorita.pem"
        self.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, file_name: str, common_name: str, hosts: tuple[str, ...], ends_at: datetime | None = None
    ) -> CertificateFiles:
        """A certificate for these names or addresses, until `ends_at` or for a year."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(common_name), key.public_key(), ends_at)
        return self._written(file_name, key, _for_hosts(builder, hosts).sign(self._key, hashes.SHA256()))

    def issue_self_signed(self, file_name: str, common_name: str, hosts: tuple[str, ...]) -> CertificateFiles:
        """A certificate that no authority has signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(common_name), key.public_key(), issuer=_named(common_name))
        return self._written(file_name, key, _for_hosts(builder, hosts).sign(key, hashes.SHA256()))

    def _written(self, file_name: str, key: ec.EllipticCurvePrivateKey, signed: x509.Certificate) -> CertificateFiles:
        certificate = signed.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made = CertificateFiles(
            certificate=self._folder / f"{file_name}.crt",
            key=self._folder / f"{file_name}.key",
            both=self._folder / f"{file_name}.pem",
        )
        made.certificate.write_bytes(certificate)
        write_private(made.key, private)
        write_private(made.both, private + certificate)
        return made

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        ends_at: datetime | None = None,
        issuer: x509.Name | None = None,
    ) -> x509.CertificateBuilder:
        ends = self._now + VALID_FOR if ends_at is None else ends_at
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(self._now, ends) - _BEFORE)
            .not_valid_after(ends)
        )


def _for_hosts(builder: x509.CertificateBuilder, hosts: tuple[str, ...]) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    names = [_host(each) for each in hosts]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return builder.add_extension(uses, critical=False)


def write_private(path: Path, data: bytes) -> None:
    """A file that only its user may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signs_certificates() -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    off = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**off, key_cert_sign=True, crl_sign=True)
