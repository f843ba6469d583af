# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence` with a real time stamping authority and a medium: as an investigator, and as a defence lawyer
tries it."""

import json
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.errors import InputError
from anpr.evidence.verification import verify_package
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore
from tests.support.evidence import contents, gather, packed
from tests.support.time_stamper import TimeStamper, make_authority, time_stamper

Run = Callable[..., Result]
WHY = ("--reason", "chiesto dalla procura")


@pytest.fixture(scope="module")
def stamper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStamper]:
    with time_stamper(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture
def run(database: Database, database_url: str, tmp_path: Path, stamper: TimeStamper) -> Run:
    gather(database, ImageStore(tmp_path / "images"), number=1)
    environment = {
        "DATABASE_URL": database_url,
        "ANPR_DATA_DIR": str(tmp_path),
        "ANPR_CONFIG": None,
        "ANPR_EVIDENCE__TIME_STAMP__URL": stamper.url,
        "ANPR_EVIDENCE__TIME_STAMP__CA_FILE": str(stamper.ca_file),
    }
    return lambda *arguments, **changes: CliRunner().invoke(
        main, ["evidence", *map(str, arguments)], env={**environment, **changes}
    )


@pytest.fixture
def package(run: Run, tmp_path: Path) -> Path:
    """With a time stamp."""
    made = run("make", "12/2026", "--out", tmp_path / "prove.zip", *WHY)
    assert made.exit_code == 0, made.output
    assert "time stamp of" in made.output
    return tmp_path / "prove.zip"


def faults_of(path: Path, **how: bytes) -> tuple[str, ...]:
    try:
        return verify_package(path, stamp_roots=how.get("stamp_roots")).faults
    except InputError as exc:
        return (str(exc),)


def test_a_stamp_is_checked_without_network_by_anpr_and_by_openssl(run: Run, package: Path, tmp_path: Path) -> None:
    told = run("verify", package)
    assert told.exit_code == 0, told.output
    assert "UTC by CN=Prova TSA" in told.stdout
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path / "out")
    verified = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "manifest.sig", "-in", "manifest.tsr", "-CAfile", "tsa-ca.pem"],
        cwd=tmp_path / "out", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in verified.stdout + verified.stderr


def test_one_byte_of_any_file_and_any_file_taken_away_is_named(package: Path, tmp_path: Path) -> None:
    whole = contents(package)
    assert {"manifest.tsr", "tsa-ca.pem", "manifest.sig"} <= set(whole)
    for name, data in whole.items():
        for place in (3, len(data) // 2, len(data) - 2):
            changed = bytes([*data[:place], data[place] ^ 1, *data[place + 1 :]])
            faults = faults_of(packed(tmp_path / "changed.zip", {**whole, name: changed}))
            assert any(name in fault for fault in faults), (name, place, faults)
        faults = faults_of(packed(tmp_path / "less.zip", {each: whole[each] for each in whole if each != name}))
        assert any(name in fault for fault in faults), (name, faults)


def test_swapped_pictures_are_named_both(package: Path, tmp_path: Path) -> None:
    whole = contents(package)
    one, other = sorted(name for name in whole if name.startswith("originali/"))[:2]
    faults = faults_of(packed(tmp_path / "swapped.zip", {**whole, one: whole[other], other: whole[one]}))
    assert all(any(fault.startswith(name) for fault in faults) for name in (one, other))


def test_a_stamp_of_another_package_or_another_authority_is_none(run: Run, package: Path, tmp_path: Path) -> None:
    whole = contents(package)
    run("make", "12/2026", "--out", tmp_path / "second.zip", *WHY)
    borrowed = {**whole, "manifest.tsr": contents(tmp_path / "second.zip")["manifest.tsr"]}
    assert faults_of(packed(tmp_path / "borrowed.zip", borrowed))[0].startswith("manifest.tsr: it is no time stamp of")
    make_authority(tmp_path / "other")
    told = run("verify", package, "--tsa-ca", tmp_path / "other" / "ca.pem")
    assert (told.exit_code, "manifest.tsr" in told.stderr) == (1, True)
    own = run("verify", package, "--tsa-ca", tmp_path / "out.pem")
    assert own.exit_code == 2  # no such file


def test_roots_slipped_in_do_not_count(run: Run, package: Path, tmp_path: Path, stamper: TimeStamper) -> None:
    """Somebody with another authority of their own stamps an old package anew."""
    make_authority(tmp_path / "forger")
    whole = contents(package)
    with time_stamper(tmp_path / "forger") as forger:
        reply = run("make", "12/2026", "--out", tmp_path / "f.zip", *WHY, ANPR_EVIDENCE__TIME_STAMP__URL=forger.url,
                    ANPR_EVIDENCE__TIME_STAMP__CA_FILE=str(forger.ca_file))  # fmt: skip
        assert reply.exit_code == 0
    forged = {**whole, "tsa-ca.pem": contents(tmp_path / "f.zip")["tsa-ca.pem"]}
    assert any("tsa-ca.pem: it was changed" in fault for fault in faults_of(packed(tmp_path / "forged.zip", forged)))
    assert faults_of(tmp_path / "f.zip", stamp_roots=stamper.ca_file.read_bytes()) != ()


def test_without_an_answer_the_package_is_made_says_why_and_is_stamped_later(
    run: Run, tmp_path: Path, database: Database, stamper: TimeStamper
) -> None:
    made = run(
        "make", "12/2026", "--out", tmp_path / "a.zip", *WHY, ANPR_EVIDENCE__TIME_STAMP__URL=f"{stamper.url[:-3]}gone",
        ANPR_EVIDENCE__TIME_STAMP__TIMEOUT_S="0.001",
    )  # fmt: skip
    assert (made.exit_code, "NO time stamp" in made.output) == (0, True)
    manifest = json.loads(contents(tmp_path / "a.zip")["manifest.json"])
    assert manifest["time_stamp"]["failed"] == "late"
    assert "no whole answer within" in run("verify", tmp_path / "a.zip").stdout
    stamped = run("stamp", tmp_path / "a.zip", "--out", tmp_path / "b.zip")
    assert stamped.exit_code == 0, stamped.output
    assert "(asked for later)" in run("verify", tmp_path / "b.zip").stdout
    assert run("stamp", tmp_path / "b.zip", "--out", tmp_path / "c.zip").exit_code != 0
    assert not (tmp_path / "c.zip").exists()
    with database.transaction() as conn:
        assert list_audit(conn)[0].event.action is AuditAction.EVIDENCE_STAMPED


def test_who_sets_no_authority_up_is_told_that_there_is_no_stamp(run: Run, tmp_path: Path) -> None:
    none = {"ANPR_EVIDENCE__TIME_STAMP__URL": None, "ANPR_EVIDENCE__TIME_STAMP__CA_FILE": None}
    run("make", "12/2026", "--out", tmp_path / "a.zip", *WHY, **none)
    assert "none was asked for" in run("verify", tmp_path / "a.zip").stdout


def test_a_medium_has_package_readme_and_receipt_and_the_audit_knows_to_whom(
    run: Run, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "usb").mkdir()
    done = run(
        "export", "12/2026", "--to", tmp_path / "usb", *WHY, "--receiver", "isp. Neri", "--medium", "chiavetta 7"
    )
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "usb").iterdir()
    (file,) = folder.glob("*.zip")
    assert {each.name for each in folder.iterdir()} == {file.name, "LEGGIMI.txt", "verbale.pdf"}
    found = verify_package(file)
    readme = (folder / "LEGGIMI.txt").read_text(encoding="utf-8")
    assert (found.faults, found.public_key.fingerprint in readme, "isp. Neri" in readme) == ((), True, True)
    with database.transaction() as conn:
        event = list_audit(conn)[0].event
    assert event.action is AuditAction.EVIDENCE_DELIVERED
    assert (event.detail["to"], event.detail["medium"], event.detail["way"]) == ("isp. Neri", "chiavetta 7", "medium")


def test_a_medium_that_gives_back_something_else_is_told_and_not_noted(
    run: Run, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "usb").mkdir()
    with patch("anpr.evidence.medium.sha256_of_file", return_value="0" * 64):  # a medium that lies is hard to come by
        done = run("export", "12/2026", "--to", tmp_path / "usb", *WHY, "--receiver", "isp. Neri")
    assert done.exit_code != 0
    assert "other bytes" in done.output
    with database.transaction() as conn:
        assert AuditAction.EVIDENCE_DELIVERED not in {row.event.action for row in list_audit(conn)}


@pytest.mark.parametrize("receiver", ["", " ", "a\nb", "x" * 201], ids=["empty", "blank", "lines", "long"])
def test_a_receiver_that_is_none_is_refused_before_anything_is_written(run: Run, tmp_path: Path, receiver: str) -> None:
    (tmp_path / "usb").mkdir()
    assert run("export", "12/2026", "--to", tmp_path / "usb", *WHY, "--receiver", receiver).exit_code != 0
    assert list((tmp_path / "usb").iterdir()) == []
