# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last day of a certificate."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from anpr.domain.errors import SettingsError
from anpr.runtime.certificate import last_day


def pem(until: datetime) -> bytes:
    key, name = Ed25519PrivateKey.generate(), x509.Name([])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    return made.not_valid_before(datetime(2026, 1, 1)).not_valid_after(until).sign(key, None).public_bytes(Encoding.PEM)  # noqa: DTZ001


def test_of_several_certificates_the_first_to_end_counts(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_bytes(pem(datetime(2027, 5, 1, tzinfo=UTC)) + pem(datetime(2026, 12, 5, tzinfo=UTC)))
    assert last_day(str(file)) == date(2026, 12, 5)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "chain.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"chain\.pem"):
        last_day(str(file))
