# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pruning of the audit in a real PostgreSQL: a proved prefix goes, everything else is found or refused."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError, StoreError
from anpr.domain.subject_request import RequestKind
from anpr.ingest.audit_heads import note_head
from anpr.ingest.audit_prune import prune_audit
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, NotedHead, append, last_head, list_audit
from anpr.store.audit_chain.archive import verify_file
from anpr.store.audit_chain.cut import Cut, signed_detail
from anpr.store.audit_chain.pruning import PruneOrder, prunable, prune
from anpr.store.audit_chain.verification import newest_cut, still_has, verify
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from scripts.lab.transits import START

OLD = START - timedelta(days=400)
LIMIT = START - timedelta(days=200)
KEY = site_key(b"k" * 32)


def add(database: Database, count: int, days_ago: int = 400, **changes: Any) -> list[NotedHead]:
    """Rows of that age, and the head after each."""
    heads = []
    for number in range(count):
        event = AuditEvent(
            actor="anna",
            action=changes.get("action", AuditAction.SEARCH),
            at=START - timedelta(days=days_ago),
            case_reference=changes.get("case_reference"),
            detail=changes.get("detail", {"pattern": "AB*", "found": number}),
        )
        with database.transaction() as conn:
            row = append(conn, event)
        heads.append(NotedHead(rows=row.seq, head=row.hash))
    return heads


def order(archive: Path | None) -> PruneOrder:
    return PruneOrder(actor="retention", archive=archive)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def test_the_chain_goes_on_from_the_cut_and_the_export_joins_it(
    database: Database, clock: ManualClock, archive: Path
) -> None:
    old, kept = add(database, 5), add(database, 3, days_ago=10)
    (cut,) = prune(database, LIMIT, order(archive), KEY, clock)
    assert (cut.first, cut.last, cut.head, cut.rows) == (1, 5, old[-1].head, 5)
    with database.transaction() as conn:
        found = verify(conn, [*old, *kept])
        assert [row.seq for row in list_audit(conn)] == [9, 8, 7, 6]
        assert list_audit(conn, limit=1)[0].event.action is AuditAction.AUDIT_PRUNED
    assert (found.rows, found.last, found.broken_at, found.differs_at, found.pruned_heads) == (4, 9, None, (), 4)
    assert found.proof is not None
    assert found.proof.public_key == KEY.public
    file = verify_file(archive / str(cut.export))
    assert (file.sha256, file.export.last, file.export.head) == (cut.export_sha256, 5, cut.head)
    add(database, 2, days_ago=5)
    with database.transaction() as conn:
        assert verify(conn).broken_at is None
        assert verify(conn, [NotedHead(rows=5, head="0" * 64)]).differs_at == (5,), (
            "the last pruned row's hash is known"
        )


def test_cuts_follow_one_another_in_parts(database: Database, clock: ManualClock, archive: Path) -> None:
    add(database, 7)
    cuts = prune(database, LIMIT, order(archive), KEY, clock, most_rows=3)
    assert [(cut.first, cut.last) for cut in cuts] == [(1, 3), (4, 6), (7, 7)]
    with database.transaction() as conn:
        found = verify(conn)
    assert (found.rows, found.last, found.broken_at) == (3, 10, None), "the proofs alone are left"
    add(database, 1, days_ago=250)  # a row with an odd clock, behind the younger proofs: it waits with them
    assert prune(database, LIMIT, order(archive), KEY, clock) == []
    assert len(list(archive.iterdir())) == 3


def test_nothing_young_goes_whoever_asks(database: Database, clock: ManualClock, archive: Path) -> None:
    add(database, 3, days_ago=100)
    with pytest.raises(InputError, match="183 days at least"):
        prune(database, START, order(archive), KEY, clock)
    with database.transaction() as conn:
        head = last_head(conn)
    assert head is not None
    cut = Cut(first=1, last=3, head=head.head, oldest_at=OLD, newest_at=OLD, export=None, export_sha256=None)
    with pytest.raises(StoreError, match="younger than 183 days"):
        _prune_by_hand(database, signed_detail(cut, KEY))
    with database.transaction() as conn:
        assert verify(conn).rows == 3


def _prune_by_hand(database: Database, detail: dict[str, Any], action: AuditAction = AuditAction.AUDIT_PRUNED) -> None:
    with database.transaction() as conn:
        row = append(conn, AuditEvent(actor="x", action=action, at=START, detail=detail))
        conn.execute("SELECT prune_audit(%s)", (row.seq,))


@pytest.mark.parametrize(
    "changes",
    [{"first": 2}, {"last": 2}, {"head": "0" * 64}, {"last": 9}],
    ids=["a middle", "another row's hash", "another hash", "rows that are not there"],
)
def test_the_database_refuses_what_the_row_does_not_prove(database: Database, changes: dict[str, Any]) -> None:
    heads = add(database, 4)
    values = {"first": 1, "last": 3, "head": heads[2].head, **changes}
    cut = Cut(**values, oldest_at=OLD, newest_at=OLD, export=None, export_sha256=None)
    with pytest.raises(StoreError, match="proves no deletion"):
        _prune_by_hand(database, signed_detail(cut, KEY))
    with database.transaction() as conn:
        assert verify(conn).rows == 4


def test_a_row_of_another_action_and_an_older_proof_prove_nothing(database: Database) -> None:
    heads = add(database, 4)
    cut = Cut(first=1, last=3, head=heads[2].head, oldest_at=OLD, newest_at=OLD, export=None, export_sha256=None)
    with pytest.raises(StoreError, match="proves no deletion"):
        _prune_by_hand(database, signed_detail(cut, KEY), AuditAction.LOGIN)
    with database.transaction() as conn:
        proof = append(
            conn, AuditEvent(actor="x", action=AuditAction.AUDIT_PRUNED, at=START, detail=signed_detail(cut, KEY))
        )
    add(database, 1)
    with pytest.raises(StoreError, match="proves no deletion"), database.transaction() as conn:
        conn.execute("SELECT prune_audit(%s)", (proof.seq,))
    for statement in ("DELETE FROM audit WHERE seq = 1", "SET anpr.pruning = 'on'; DELETE FROM audit WHERE seq = 1"):
        with pytest.raises(StoreError, match="append-only: DELETE refused"), database.transaction() as conn:
            conn.execute(statement.encode())


def _get_round(database: Database, statement: str) -> None:
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("DELETE FROM audit WHERE seq <= 6", 7),
        ("DELETE FROM audit WHERE seq = 8", 9),
        ("UPDATE audit SET reason = 'another' WHERE seq = 7", 7),
        ("DELETE FROM audit WHERE action = 'audit-pruned'", 6),
    ],
)
def test_what_nobody_proved_is_found_after_a_cut(
    database: Database, clock: ManualClock, archive: Path, statement: str, broken_at: int
) -> None:
    add(database, 5)
    add(database, 3, days_ago=10)
    prune(database, LIMIT, order(archive), KEY, clock)
    add(database, 1, days_ago=5)
    _get_round(database, statement)
    with database.transaction() as conn:
        assert verify(conn).broken_at == broken_at


def test_a_forged_proof_is_told(database: Database, clock: ManualClock, archive: Path) -> None:
    heads = add(database, 4)
    cut = Cut(first=1, last=2, head=heads[1].head, oldest_at=OLD, newest_at=OLD, export=None, export_sha256=None)
    detail = {**signed_detail(cut, KEY), "pruned_to": 3, "pruned_hash": heads[2].head}
    _prune_by_hand(database, detail)  # the database knows no key
    with database.transaction() as conn:
        found = verify(conn)
        assert not still_has(conn, heads[1]), "what nobody proved is missing"
    assert (found.proof, found.broken_at) == (None, 4)
    assert found.unproved is not None
    assert "signature of something else" in found.unproved
    with pytest.raises(StoreError, match="anpr db check"):
        prune(database, LIMIT, order(archive), KEY, clock)


def test_a_broken_part_stays(database: Database, clock: ManualClock, archive: Path) -> None:
    add(database, 5)
    _get_round(database, "UPDATE audit SET actor = 'ugo' WHERE seq = 2")
    with pytest.raises(StoreError, match=r"rows 1 to 5 are not whole, and stay: .*row 2 was changed"):
        prune(database, LIMIT, order(archive), KEY, clock)
    with pytest.raises(StoreError, match="not whole, and stay"):
        prune(database, LIMIT, order(None), KEY, clock)
    with database.transaction() as conn:
        assert len(list_audit(conn)) == 5


def test_a_run_that_was_cut_short_goes_on_with_its_file(
    database: Database, clock: ManualClock, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, 4)

    def crash(*_: object) -> None:
        raise StoreError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("anpr.store.audit_chain.pruning.signed_detail", crash)
        with pytest.raises(StoreError, match="the power went"):
            prune(database, LIMIT, order(archive), KEY, clock)
    (left,) = archive.iterdir()
    content = left.read_bytes()
    add(database, 2)
    with database.transaction() as conn:
        assert verify(conn).rows == 6, "nothing went without its proof"
    clock.advance(60)
    cuts = prune(database, LIMIT, order(archive), KEY, clock)
    assert [(cut.first, cut.last) for cut in cuts] == [(1, 4), (5, 6)]
    assert left.read_bytes() == content


def test_a_strange_file_in_the_way_is_not_written_over(database: Database, clock: ManualClock, archive: Path) -> None:
    add(database, 4)
    other = SigningKey.generate()
    prune_by = order(archive)
    archive.mkdir()
    strange = archive / "audit-000000001-000000004.jsonl"
    strange.write_text("what somebody keeps here\n")
    with pytest.raises(StoreError, match="not JSON"):
        prune(database, LIMIT, prune_by, other, clock)
    assert strange.read_text() == "what somebody keeps here\n"
    with database.transaction() as conn:
        assert verify(conn).rows == 4


def test_an_archive_that_cannot_be_written_keeps_the_rows(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    add(database, 2)
    (tmp_path / "archive").write_text("a file, not a folder")
    with pytest.raises(StoreError, match=r"audit\.archive_dir: "):
        prune(database, LIMIT, order(tmp_path / "archive"), KEY, clock)
    with database.transaction() as conn:
        assert verify(conn).rows == 2


def test_rows_of_what_is_not_over_stay_with_all_after_them(database: Database) -> None:
    add(database, 2)
    add(database, 1, action=AuditAction.HOLD_MADE, detail={"hold": 1})
    add(database, 1, case_reference="12/2026")
    add(database, 1, action=AuditAction.REQUEST_REGISTERED, detail={"request": 1})
    add(database, 1)
    hold = {"made": START, "until": START + timedelta(hours=1), "ends": date(2027, 1, 1)}
    with database.transaction() as conn:
        assert (prunable(conn, LIMIT).last, prunable(conn, LIMIT).kept_by) == (6, "end")
        conn.execute(
            "INSERT INTO subject_requests (kind, plate, reference, received_on, registered_by, registered_at)"
            " VALUES (%s, 'AB123CD', 'p/1', %s, 'dpo', %s)", (str(RequestKind.ACCESS), START.date(), START)
        )  # fmt: skip
        assert (prunable(conn, LIMIT).last, prunable(conn, LIMIT).kept_by) == (4, "request")
        conn.execute(
            "INSERT INTO holds (case_reference, reason, author, made_at, since, until, gate_id, ends_on)"
            " VALUES ('12/2026', 'indagine', 'anna', %(made)s, %(made)s, %(until)s, 'north', %(ends)s)", hold
        )  # fmt: skip
        assert (prunable(conn, LIMIT).last, prunable(conn, LIMIT).kept_by) == (2, "hold")
        conn.execute("UPDATE holds SET ended_at = now(), ended_by = 'anna'")
        conn.execute("UPDATE subject_requests SET outcome = 'answered', closed_at = now(), closed_by = 'dpo'")
        assert prunable(conn, LIMIT).last == 6


def test_ingest_alone_may_prune_and_nobody_may_delete(
    database: Database, database_url: str, clock: ManualClock, archive: Path
) -> None:
    add(database, 3)
    grant_roles(database_url)
    for role in CentreRole:
        with Database(role_url(database_url, role)) as limited:
            with pytest.raises(StoreError, match="permission denied"), limited.transaction() as conn:
                conn.execute("DELETE FROM audit")
            if role is not CentreRole.INGEST:
                with pytest.raises(StoreError, match="permission denied"), limited.transaction() as conn:
                    conn.execute("SELECT prune_audit(1)")
    with Database(role_url(database_url, CentreRole.INGEST)) as ingest:
        (cut,) = prune(ingest, LIMIT, order(archive), KEY, clock)
    assert cut.last == 3


def test_whole_months_go_by_themselves_and_noted_heads_do_not_differ(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"data_dir": str(tmp_path), "audit": {"prune_after_days": 365}})
    prune_audit(database, settings, clock)
    add(database, 2, days_ago=400)
    add(database, 1, days_ago=366)  # of 20 November 2025: its month is not over for the setting
    note_head(database, settings, clock)
    prune_audit(database, settings, clock)
    with database.transaction() as conn:
        proof = newest_cut(conn)
        assert proof is not None
        assert (proof.cut.last, list_audit(conn, limit=1)[0].event.actor) == (2, "retention")
    note_head(database, settings, clock)
    prune_audit(database, settings, clock)
    assert len(list(settings.audit_archive_dir.iterdir())) == 1
    kept = Settings.model_validate({"data_dir": str(tmp_path)})
    prune_audit(database, kept, clock)
    with database.transaction() as conn:
        assert verify(conn).broken_at is None


class Shell:
    """The command line of one site."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment: dict[str, str | None] = {
            "DATABASE_URL": url,
            "ANPR_DATA_DIR": str(folder),
            "ANPR_CONFIG": None,
            "ANPR_AUDIT__PRUNE_AFTER_DAYS": "365",
        }
        self.settings = Settings.model_validate({"data_dir": str(folder)})

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env=self.environment)

    def ok(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def shell(database: Database, database_url: str, tmp_path: Path) -> Shell:
    add(database, 3, days_ago=900)
    add(database, 3, days_ago=800)
    add(database, 2, days_ago=10)
    return Shell(database_url, tmp_path)


def test_the_command_line_prunes_and_verifies_file_and_audit_as_one(shell: Shell, database: Database) -> None:
    day = (START - timedelta(days=850)).date().isoformat()
    assert "rows 1 to 3 (3) are older" in shell.ok("audit", "prune", "--before", day, "--dry-run")
    with database.transaction() as conn:
        assert len(list_audit(conn)) == 8
    assert "pruned rows 1 to 3" in shell.ok("audit", "prune", "--before", day, "--reason", "fine del termine")
    assert "pruned rows 4 to 6" in shell.ok("audit", "prune", "--reason", "fine del termine")
    report = shell.ok("db", "retention")
    assert '"pruned_to": 6' in report
    assert "signature" not in report
    assert "audit: 4 rows, oldest " in report
    said = shell.ok("audit", "verify")
    assert "rows up to 6 were pruned" in said
    assert "the audit's 4 rows are whole" in said
    assert "rows 1 to 10 are one chain" in shell.ok("audit", "verify", "--joined")
    assert "note this elsewhere, for --noted: 10:" in shell.ok("db", "check")
    files = sorted(shell.settings.audit_archive_dir.iterdir())
    assert "rows 4 to 6 are whole" in shell.ok("audit", "verify", *map(str, files))
    result = shell.run(
        "audit", "export", "--out", str(files[0].parent / "x"), "--reason", "controllo", "--from-row", "2"
    )
    assert "rows up to 6 were pruned" in result.stderr
    out = files[0].parent / "audit-rest.jsonl"
    shell.ok("audit", "export", "--out", str(out), "--reason", "controllo")
    key = shell.ok("audit", "key").strip()
    assert "rows 7 to 11 are whole" in shell.ok("audit", "verify", *map(str, [*files, out]), "--public-key", key)
    files[1].unlink()
    assert "does not continue" in shell.run("audit", "verify", str(files[0]), str(out)).stderr
    assert "another hash" in shell.run("audit", "verify", "--joined", str(files[0])).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--before", "2026-11-20", "--reason", "fine del termine"), "audit.prune_after_days (365) keeps rows from"),
        (("--before", "ieri", "--reason", "fine del termine"), "--before: 'ieri' is no day"),
        ((), "reason: "),
    ],
)
def test_what_may_not_be_pruned_is_refused(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    result = shell.run("audit", "prune", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_without_the_setting_nothing_is_pruned_and_without_an_export_the_reason_stays(
    shell: Shell, database: Database
) -> None:
    shell.environment["ANPR_AUDIT__PRUNE_AFTER_DAYS"] = None
    assert "kept for ever" in shell.run("audit", "prune", "--reason", "fine del termine").stderr
    shell.environment["ANPR_AUDIT__PRUNE_AFTER_DAYS"] = "365"
    assert "no export was kept" in shell.ok("audit", "prune", "--without-export", "--reason", "delibera 7")
    with database.transaction() as conn:
        (row,) = list_audit(conn, limit=1)
    assert (row.event.reason, row.event.detail["export"]) == ("delibera 7", None)


def test_a_proof_by_another_key_is_a_fault_until_somebody_vouches_for_it(
    shell: Shell, database: Database, clock: ManualClock
) -> None:
    prune(database, LIMIT, order(None), KEY, clock)
    ensure_key(shell.settings.audit_key_path)
    result = shell.run("audit", "verify")
    assert result.exit_code == 1
    assert "is signed by ed25519:" in result.stderr
    shell.ok("audit", "verify", "--public-key", KEY.public.text)
