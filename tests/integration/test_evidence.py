# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence` with a real PostgreSQL: what is in a package, and that whatever was done to it is named."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.errors import InputError
from anpr.domain.transit import ImageRole
from anpr.evidence.verification import verify_package
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore, named_key
from anpr.store.investigations.life import end_investigation
from tests.support.evidence import Gathered, contents, gather, packed

Run = Callable[..., Result]
WHY = ("--reason", "chiesto dalla procura")


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def gathered(database: Database, images: ImageStore) -> Gathered:
    return gather(database, images)


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}
    return lambda *arguments: CliRunner().invoke(main, ["evidence", *map(str, arguments)], env=environment)


@pytest.fixture
def package(run: Run, gathered: Gathered, tmp_path: Path) -> Path:
    """Of three transits, nothing missing."""
    assert len(gathered.transits) == 3
    path = tmp_path / "prove.zip"
    made = run("make", "12/2026", "--out", path, *WHY)
    assert made.exit_code == 0, made.output
    return path


def key_of(path: Path) -> str:
    return str(json.loads(contents(path)["manifest.json"])["public_key"])


def test_originals_are_there_byte_for_byte_and_copies_apart(package: Path, gathered: Gathered) -> None:
    files = contents(package)
    originals = {name.removeprefix("originali/")[5:-4]: data for name, data in files.items() if "originali/" in name}
    assert originals == gathered.pictures
    copies = [data for name, data in files.items() if name.startswith("copie/")]
    assert len(copies) == len(originals)
    assert not set(copies) & set(originals.values())
    assert files["relazione.pdf"].startswith(b"%PDF")


def test_it_tells_hashes_health_and_who_marked_what(package: Path, gathered: Gathered) -> None:
    told = json.loads(contents(package)["transits.json"])
    assert [each["id"] for each in told["transits"]] == [str(transit.id) for transit in gathered.transits]
    first = told["transits"][0]
    assert first["marked"]["by"] == "anna"
    assert [state["state"] for state in first["states"]] == ["clock-skewed"]
    assert {image["sha256_at_the_edge"] == image["sha256_now"] for image in first["images"]} == {True}
    assert told["notes"][0]["text"] == "Sentito il teste"
    assert told["questions"][0]["query"] == {"pattern": "AB*"}


def test_a_package_is_whole_by_the_sites_key_and_by_no_other(run: Run, package: Path) -> None:
    told = run("verify", package, "--public-key", key_of(package))
    assert told.exit_code == 0, told.output
    assert "investigation 12/2026" in told.stdout
    other = run("verify", package, "--public-key", "ed25519:" + "A" * 43)
    assert other.exit_code == 1
    assert "another key" in other.stderr
    unknown = run("verify", package)
    assert re.search(r"fingerprint [0-9a-f]{32}", unknown.stdout)


def test_verifying_needs_no_database_driver_no_settings_and_no_image_library(package: Path) -> None:
    needless = ("psycopg", "psycopg_pool", "fastapi", "PIL", "reportlab", "msgspec", "starlette", "jinja2")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({needless!r}));"
        " from anpr.cli.main import main; main(['--config', '/nowhere.yaml', 'evidence', 'verify', sys.argv[1]])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(package)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "as they were signed" in done.stdout


def test_whoever_changes_any_one_file_is_named(package: Path, tmp_path: Path) -> None:
    whole = contents(package)
    for name, data in whole.items():
        changed = bytes([*data[:-2], data[-2] ^ 1, data[-1]])
        path = packed(tmp_path / "changed.zip", {**whole, name: changed})
        try:
            faults = verify_package(path).faults
        except InputError as exc:
            faults = (str(exc),)
        assert any(name in fault for fault in faults), (name, faults)


def test_whatever_was_added_or_taken_away_is_named(package: Path, tmp_path: Path) -> None:
    whole = contents(package)
    path = packed(tmp_path / "more.zip", {**whole, "originali/9999.jpg": b"x"})
    assert verify_package(path).faults == ("originali/9999.jpg: it was added",)
    for name in whole:
        path = packed(tmp_path / "less.zip", {each: data for each, data in whole.items() if each != name})
        try:
            faults = verify_package(path).faults
        except InputError as exc:
            faults = (str(exc),)
        assert any(name in fault for fault in faults), name


def test_a_manifest_signed_by_somebody_else_is_found_by_the_key(
    package: Path, database_url: str, tmp_path: Path
) -> None:
    """Another site's key signs another package, whole in itself."""
    (tmp_path / "audit-key").unlink()
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}
    forged = tmp_path / "forged.zip"
    arguments = ["evidence", "make", "12/2026", "--out", str(forged), *WHY]
    assert CliRunner().invoke(main, arguments, env=environment).exit_code == 0
    assert verify_package(forged).faults == ()
    told = CliRunner().invoke(main, ["evidence", "verify", str(forged), "--public-key", key_of(package)])
    assert told.exit_code == 1


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/passwd", "a\\b", "originali/../x", "originali/", ".hidden", "C:x"]
)
def test_a_name_that_leads_elsewhere_is_refused(package: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no file of such a name"):
        verify_package(packed(tmp_path / "odd.zip", {**contents(package), name: b"x"}))


def test_a_file_that_is_there_twice_is_refused(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents(package).items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("LEGGIMI.txt", b"another")
    with pytest.raises(InputError, match="twice"):
        verify_package(path)


def test_a_bomb_is_refused_before_it_is_unpacked(package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unpacked it would be"):
        verify_package(packed(tmp_path / "bomb.zip", {**contents(package), "transits.json": bytes(50_000_000)}))


def test_bytes_that_belong_to_no_file_are_refused(package: Path, tmp_path: Path) -> None:
    data = package.read_bytes()
    for number, other in enumerate([b"x" * 40 + data, data + b"x" * 40]):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(other)
        with pytest.raises(InputError):
            verify_package(path)


def test_what_is_no_zip_or_cut_off_is_refused(package: Path, tmp_path: Path) -> None:
    for number, data in enumerate([b"", b"PK", b"no zip" * 100, package.read_bytes()[:5000]]):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        with pytest.raises(InputError, match="no package"):
            verify_package(path)


def test_the_same_content_gives_the_same_order_and_times(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        infos = archive.infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert [info.filename for info in infos[-2:]] == ["manifest.json", "manifest.sig"]


def test_what_is_missing_is_listed_with_why(run: Run, gathered: Gathered, database: Database, tmp_path: Path) -> None:
    lost, altered, gone = gathered.transits
    (tmp_path / "images" / named_key(lost, ImageRole.CONTEXT)).unlink()
    (tmp_path / "images" / named_key(altered, ImageRole.PLATE)).write_bytes(b"something else")
    with database.transaction() as conn:
        conn.execute("DELETE FROM transits WHERE id = %s", [gone.id])
        conn.execute(
            "UPDATE investigation_marks SET captured_at = captured_at - %s WHERE transit_id = %s",
            [timedelta(days=90), gone.id],
        )
    path = tmp_path / "part.zip"
    made = run("make", "#1", "--out", path, *WHY)
    assert made.exit_code == 0, made.output
    assert "3 missing" in made.stdout
    told = {each["id"]: each for each in json.loads(contents(path)["transits.json"])["transits"]}
    assert told[str(gone.id)]["missing"] == "expired"
    assert {image["role"]: image["missing"] for image in told[str(lost.id)]["images"]}["context"] == "lost"
    assert {image["role"]: image["missing"] for image in told[str(altered.id)]["images"]}["plate"] == "altered"
    assert verify_package(path).missing == 3
    assert verify_package(path).faults == ()


def test_the_audit_says_before_and_after_and_its_rows_are_in_the_package(package: Path, database: Database) -> None:
    with database.transaction() as conn:
        after, before = list_audit(conn)[:2]
    assert (before.event.action, after.event.action) == (AuditAction.EVIDENCE_ASKED, AuditAction.EVIDENCE_MADE)
    assert after.event.detail["bytes"] == package.stat().st_size
    rows = [json.loads(line) for line in contents(package)["audit.jsonl"].splitlines()]
    assert [row["action"] for row in rows] == [
        "investigation-opened", "transits-marked", "investigation-noted", "question-saved", "evidence-asked",
    ]  # fmt: skip


def test_an_ended_investigation_can_still_be_handed_over(
    run: Run, gathered: Gathered, database: Database, tmp_path: Path
) -> None:
    with database.transaction() as conn:
        end_investigation(conn, 1, Author(name="anna", at=gathered.investigation.opened_at), "archiviato")
    assert run("make", "12/2026", "--out", tmp_path / "a.zip", *WHY).exit_code == 0


@pytest.mark.usefixtures("gathered")
def test_what_cannot_be_made_leaves_no_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_bytes(b"mine")
    for named, out, word in (("99/2026", "a.zip", "none"), ("12/2026", "taken.zip", "already")):
        told = run("make", named, "--out", tmp_path / out, *WHY)
        assert told.exit_code == 1
        assert word in told.stderr
    assert run("make", "12/2026", "--out", tmp_path / "a.zip").exit_code == 1, "a reason is required"
    assert (tmp_path / "taken.zip").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["taken.zip"]


def test_the_report_says_what_people_ask(package: Path) -> None:
    document = pypdfium2.PdfDocument(contents(package)["relazione.pdf"])
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    for word in ("12/2026", "Catena di custodia", "ora sbagliata", "uguale a quella del varco", "97,0 %"):
        assert word in text, word
