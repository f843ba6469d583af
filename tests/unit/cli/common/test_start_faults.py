# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr config check` tells what a start would refuse, as far as the files of this machine show it."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from anpr.cli.common.start_faults import start_faults
from anpr.settings import DestinationSettings, Settings

TODAY = date(2026, 11, 28)
Pair = Callable[..., dict[str, str]]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Makes a certificate and its key, valid from so many days ago to so many days ahead."""

    def make(name: str = "own", since: float = -1, until: float = 1) -> dict[str, str]:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console.example.it")])
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + timedelta(days=since))
            .not_valid_after(now + timedelta(days=until))
            .sign(key, hashes.SHA256())
        )
        files = {"certificate_file": tmp_path / f"{name}.pem", "key_file": tmp_path / f"{name}.key"}
        files["certificate_file"].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pem, pkcs8, bare = (
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        files["key_file"].write_bytes(key.private_bytes(pem, pkcs8, bare))
        files["key_file"].chmod(0o600)
        return {key: str(path) for key, path in files.items()}

    return make


def faults(folder: Path, **sections: Any) -> list[str]:
    return start_faults(Settings.model_validate({"data_dir": folder / "data", **sections}), TODAY)


def destination(folder: Path, **changes: Any) -> DestinationSettings:
    values = {"id": "q", "profile": "scntt-example", "protocol": "7/2026", "protocol_until": TODAY, **changes}
    target = {"kind": "directory", "path": str(folder / "out"), **values.pop("target", {})}
    return DestinationSettings.model_validate({**values, "target": target})


def test_settings_as_they_should_be_have_none(tmp_path: Path, pair: Pair) -> None:
    own = pair()
    kafka = {"bootstrap": "b:9092", "security_protocol": "SSL", "ca_file": own["certificate_file"], **own}
    console = {"host": "0.0.0.0", **own}
    assert faults(tmp_path, console=console, kafka=kafka, forwarding=(destination(tmp_path),)) == []
    assert not (tmp_path / "data").exists(), "nothing is made"


def test_a_console_that_would_be_exposed(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, console={"host": "0.0.0.0"})
    assert fault.startswith("console.host: 0.0.0.0 is reached by other machines, and the console has no HTTPS")
    assert faults(tmp_path, console={"host": "0.0.0.0", "insecure": True}) == []


@pytest.mark.parametrize("section", ["console", "kafka"])
@pytest.mark.parametrize(
    ("since", "until", "reason"), [(-3, -1, "certificate has expired"), (1, 3, "certificate is not yet valid")]
)
def test_a_certificate_that_is_not_valid_today(
    tmp_path: Path, pair: Pair, section: str, since: float, until: float, reason: str
) -> None:
    own = pair(since=since, until=until)
    values = {"bootstrap": "b:9092", "security_protocol": "SSL", **own} if section == "kafka" else own
    keys = f"{section}.certificate_file, {section}.key_file"
    assert faults(tmp_path, **{section: values}) == [f"{keys}: {own['certificate_file']}: {reason}"]


def test_a_certificate_that_is_not_there_or_is_anothers(tmp_path: Path, pair: Pair) -> None:
    own, other = pair(), pair("other")
    [fault] = faults(tmp_path, console={**own, "key_file": other["key_file"]})
    assert fault.endswith("KEY_VALUES_MISMATCH")
    [fault] = faults(tmp_path, console={**own, "certificate_file": str(tmp_path / "none.pem")})
    assert fault.endswith("No such file or directory")


def test_a_key_that_others_may_read(tmp_path: Path, pair: Pair) -> None:
    own = pair()
    Path(own["key_file"]).chmod(0o644)
    (tmp_path / "data").mkdir()
    secret, audit = tmp_path / "data" / "console-secret", tmp_path / "audit.key"
    for path, mode in ((secret, 0o640), (audit, 0o644)):
        path.write_text("a" * 64, encoding="ascii")
        path.chmod(mode)
    assert faults(tmp_path, console=own, audit={"key_file": str(audit)}) == [
        f"console.key_file: {own['key_file']}: others may read this file; chmod o-rwx it",
        f"console-secret: {secret}: others may read this file; chmod 600 it",
        f"audit.key_file: {audit}: others may read this file; chmod o-rwx it",
    ]


def test_authorities_of_the_broker_that_are_not_there(tmp_path: Path) -> None:
    kafka = {"bootstrap": "b:9092", "security_protocol": "SSL", "ca_file": str(tmp_path / "ca.pem")}
    assert faults(tmp_path, kafka=kafka) == [f"kafka.ca_file: {tmp_path / 'ca.pem'}: No such file or directory"]
    assert faults(tmp_path, kafka={**kafka, "bootstrap": None}) == []


def test_a_folder_for_the_audits_heads_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none" / "heads.jsonl"
    assert faults(tmp_path, audit={"head_file": str(path)}) == [
        f"audit.head_file: {path}: no such folder: {path.parent}"
    ]


def test_a_data_or_image_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    images = tmp_path / "data" / "images"
    assert faults(tmp_path, images={"url": str(images)}) == [
        f"images.url: {tmp_path / 'data'}: not a folder",
        f"data_dir: {tmp_path / 'data'}: not a folder",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_this_user_may_not_write_to(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    assert faults(tmp_path) == [f"data_dir: this user may not write to {tmp_path / 'data'}"]


def test_keys_of_a_bucket_that_are_not_there(tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    images = {"url": "s3://bucket/x", "credentials_file": str(tmp_path / "none")}
    assert faults(tmp_path, images=images) == [
        f"images.credentials_file: {tmp_path / 'none'}: No such file or directory"
    ]


def test_what_a_destination_lacks(tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    old = destination(tmp_path, protocol=" ", protocol_until=TODAY - timedelta(days=1), target={"group": "no-such"})
    assert faults(tmp_path, forwarding=(old,)) == [
        "destination q: protocol: no agreement is recorded, so nothing is forwarded",
        "destination q: protocol_until: the agreement ended on 2026-11-27: nothing is sent",
        "destination q: group: this machine has no group no-such",
    ]
    values = {"kind": "sftp", "host": "h", "user": "u", "secret_file": none, "key_file": none}
    sftp = destination(tmp_path, target={**values, "known_hosts_file": none, "path": "."})
    assert faults(tmp_path, forwarding=(sftp,)) == [
        f"destination q: {key}: {none}: No such file or directory"
        for key in ("secret_file", "key_file", "known_hosts_file")
    ]


def test_what_a_web_service_needs_and_lacks(tmp_path: Path, pair: Pair) -> None:
    none, late = str(tmp_path / "none"), pair("late", since=-9, until=-1)
    values = {
        "kind": "https",
        "url": "https://h/x",
        "auth": "bearer",
        "secret_file": none,
        "ca_file": none,
        "path": None,
    }
    target = {name: value for name, value in {**values, **late}.items() if value is not None}
    settings = DestinationSettings.model_validate(
        {"id": "q", "profile": "scntt-example", "protocol": "7/2026", "protocol_until": TODAY, "target": target}
    )
    secret, authorities, certificate = faults(tmp_path, forwarding=(settings,))
    assert secret == f"destination q: secret_file: {none}: No such file or directory"
    assert authorities.startswith(f"destination q: ca_file: {none}")
    assert "certificate has expired" in certificate


def test_a_cameras_password_that_others_may_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="ascii")
    secret.chmod(0o604)
    camera = {"id": "c", "url": "rtsp://h/x", "user": "u", "secret_file": str(secret)}
    gate = {"id": "g", "name": "n", "purpose": "p", "legal_basis": "l", "cameras": [camera]}
    assert faults(tmp_path, gates=[gate]) == [
        f"camera c: secret_file: {secret}: others may read this file; chmod o-rwx it"
    ]
