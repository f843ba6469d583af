# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit` with a real PostgreSQL: an export is recorded, verified without the database, and told when changed."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.runtime.clock import ManualClock
from anpr.store.audit import AuditAction, AuditEvent, append, list_audit
from anpr.store.audit_export import site_key
from anpr.store.audit_selection import selection_lines
from anpr.store.database.connection import Database

REASON = "richiesta del DPO"


class Site:
    """One site's database and data folder, and its command line."""

    def __init__(self, url: str | None, folder: Path) -> None:
        self.folder = folder
        self._environment = {"DATABASE_URL": url, "ANPR_DATA_DIR": str(folder), "ANPR_CONFIG": None}

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["audit", *arguments], env=self._environment)

    def ok(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def site(database: Database, database_url: str, clock: ManualClock, tmp_path: Path) -> Site:
    for number in range(5):
        with database.transaction() as conn:
            append(conn, AuditEvent(actor="anna", action=AuditAction.LOGIN, at=clock.now(), detail={"number": number}))
    return Site(database_url, tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Site:
    """A machine that knows nothing of the site."""
    return Site("postgresql://nobody@127.0.0.1:1/nothing", tmp_path / "elsewhere")


def test_an_export_is_recorded_and_verified_on_another_machine(
    site: Site, elsewhere: Site, database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "audit.jsonl"
    assert "6 rows" in site.ok("export", "--out", str(out), "--reason", REASON, "--case", "12/2026")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with database.transaction() as conn:
        event = list_audit(conn, limit=1)[0].event
    assert (event.action, event.reason, event.case_reference) == (AuditAction.EXPORTED, REASON, "12/2026")
    key = site.ok("key").strip()
    assert elsewhere.ok("verify", str(out), "--public-key", key).startswith("rows 1 to 6 are whole")
    assert key in elsewhere.ok("verify", str(out)), "without a key it says whose signature it is"


def test_a_part_and_a_changed_row(site: Site, elsewhere: Site, tmp_path: Path) -> None:
    out = tmp_path / "audit.jsonl"
    site.ok("export", "--out", str(out), "--reason", REASON, "--from-row", "3")
    assert elsewhere.ok("verify", str(out)).startswith("rows 3 to 6 are whole")
    out.write_bytes(out.read_bytes().replace(b"anna", b"ugo", 1))
    result = elsewhere.run("verify", str(out))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{out}: line 2: row 3 was changed" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "new.jsonl"), "reason: "),
        (("--out", "new.jsonl", "--reason", REASON, "--from-row", "7"), "--from-row: the audit has 5 rows"),
        (("--out", "new.jsonl", "--reason", REASON, "--case", "12\x1b[31m"), "--case: without control"),
        (("--out", "there.jsonl", "--reason", REASON), "there.jsonl: File exists"),
        (("--out", "no/folder.jsonl", "--reason", REASON), "no/folder.jsonl: No such file"),
    ],
)
def test_what_cannot_be_exported_leaves_no_file_and_no_row(
    site: Site,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.jsonl").write_text("mine")
    result = site.run("export", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (tmp_path / "new.jsonl").exists()
    assert (tmp_path / "there.jsonl").read_text() == "mine"
    with database.transaction() as conn:
        assert len(list_audit(conn)) == 5


def test_another_key_is_told(site: Site, elsewhere: Site, tmp_path: Path) -> None:
    out = tmp_path / "audit.jsonl"
    site.ok("export", "--out", str(out), "--reason", REASON)
    result = elsewhere.run("verify", str(out), "--public-key", elsewhere.ok("key").strip())
    assert result.exit_code == 1
    assert "which is another key" in result.stderr


def test_the_audit_itself_is_held_against_what_was_noted(site: Site, database: Database) -> None:
    with database.transaction() as conn:
        head = list_audit(conn, limit=1)[0].hash
    assert "5 rows are whole (1 noted" in site.ok("verify", "--noted", f"5:{head}")
    result = site.run("verify", "--noted", f"4:{head}")
    assert result.exit_code == 1
    assert "not as it was noted at row 4" in result.stderr


def test_options_that_do_not_go_together(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert "expected a public key" in site.run("verify", "--public-key", "ed25519:x").stderr
    assert site.run("verify", str(tmp_path / "a"), "--noted", "1:x").exit_code == 2
    result = site.run("verify", str(tmp_path / "a"))
    assert result.exit_code == 1
    assert "cut off" in result.stderr


def test_a_selection_is_told_from_the_whole_audit(elsewhere: Site, database: Database, tmp_path: Path) -> None:
    key = site_key(b"a" * 64)
    with database.transaction() as conn:
        append(conn, AuditEvent(actor="anna", action=AuditAction.LOGIN, at=datetime(2026, 11, 28, tzinfo=UTC)))
        rows = list_audit(conn)
    path = tmp_path / "selection.jsonl"
    path.write_bytes(b"".join(selection_lines(rows, {"person": "anna"}, "manager", key, rows[0].event.at)))
    said = elsewhere.ok("verify", str(path), "--public-key", key.public.text)
    assert said.startswith("a selection of 1 rows is as it was signed")
    assert "not the whole audit" in said
    path.write_bytes(path.read_bytes().replace(b"login", b"logout", 1))
    result = elsewhere.run("verify", str(path))
    assert result.exit_code == 1
    assert "signature is not that of these lines" in result.stderr
