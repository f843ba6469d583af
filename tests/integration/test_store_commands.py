# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr db`, `watchlist`, `search` and `user` as somebody types them, against a real PostgreSQL."""

import json
import os
import pty
import pwd
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.access import Role
from anpr.domain.gate import Gate, Keep
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.ingest.retro import RetroMatch
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.embedded.server import find_server, is_running
from anpr.store.gates import save_gates
from anpr.store.health.record import record_health
from anpr.store.investigations.life import end_investigation, open_investigation
from anpr.store.transits.discarded import discard
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user, get_user
from anpr.store.users.passwords import verify_password
from anpr.store.users.second_factors import begin_factor, confirm_factor
from scripts.lab.transits import START, make_transit
from tests.support.waiting import eventually

Run = Callable[..., Result]
ACTOR = f"os:{pwd.getpwuid(os.getuid()).pw_name}"


def _runner(url: str | None, data_dir: Path) -> Run:
    environment = {"DATABASE_URL": url, "ANPR_DATA_DIR": str(data_dir), "ANPR_CONFIG": None}

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=typed, env=environment)

    return run


@pytest.fixture
def anpr(database_url: str, tmp_path: Path) -> Run:
    """Runs the command with a migrated database."""
    return _runner(database_url, tmp_path)


@pytest.fixture
def ok(anpr: Run) -> Callable[..., str]:
    """Runs the command, which must succeed; returns its standard output."""

    def run(*arguments: str, typed: str | None = None) -> str:
        result = anpr(*arguments, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def _refused(result: Result, *texts: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1, "one line a person can act on"
    for text in texts:
        assert text in result.stderr


def _events(database: Database) -> list[AuditEvent]:
    with database.transaction() as conn:
        return [row.event for row in list_audit(conn)]


CREATE = (
    "watchlist", "create", "a1", "--name", "Rubati", "--priority", "high", "--purpose", "stolen vehicles",
    "--legal-basis", "D.L. 8/1993",
)  # fmt: skip


def test_a_list_may_have_an_end_and_its_day_is_included(anpr: Run, ok: Callable[..., str]) -> None:
    assert ok(*CREATE, "--to", "31/12/2026") == "watchlist a1 saved, until 2026-12-31 included\n"
    assert "valid to: 2026-12-31 included" in ok("watchlist", "show", "a1")
    _refused(anpr(*CREATE, "--to", "31/13/2026"), "--to: '31/13/2026' is not a time")
    kept = ok(*CREATE, "--stale-after", "26")
    assert kept == "watchlist a1 saved, until 2026-12-31 included\n  stale after hours: none -> 26\n"
    assert ok(*CREATE) == "watchlist a1 saved, until 2026-12-31 included\n", "what is not said stays"
    assert "stale after hours: 26" in ok("watchlist", "show", "a1")
    assert ok("watchlist", "list").endswith("\tuntil 2026-12-31 included\n")
    _refused(anpr(*CREATE, "--stale-after", "0"), "--stale-after: expected 1 to 8784 hours, or none, not '0'")
    gone = ok(*CREATE, "--to", "none", "--stale-after", "none")
    assert gone == ("watchlist a1 saved\n  valid to: 2026-12-31 included -> none\n  stale after hours: 26 -> none\n")
    over = anpr(*CREATE, "--to", "2020-12-31")
    assert over.exit_code == 0
    assert "warning: watchlist a1: its end, 2020-12-31 included, is over" in over.stderr
    assert ok(*CREATE, "--to", "").startswith("watchlist a1 saved\n")
    assert "valid to: None" in ok("watchlist", "show", "a1")


# -- db


def test_a_new_database_is_migrated_and_checked(empty_database_url: str, tmp_path: Path) -> None:
    run = _runner(empty_database_url, tmp_path)
    before = run("db", "status")
    assert (before.exit_code, before.stdout.splitlines()[0]) == (1, "0001_first  pending")
    _refused(run("db", "check"), "0001_first", "anpr db migrate")
    _refused(run("search", "AB*", "--reason", "x"), "anpr db migrate")
    first = run("db", "migrate")
    assert first.exit_code == 0
    assert first.stdout.splitlines()[0] == "applied 0001_first"
    assert run("db", "migrate").stdout == "the schema is current\n"
    after = run("db", "status")
    assert after.exit_code == 0
    assert re.fullmatch(r"0001_first  applied \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", after.stdout.splitlines()[0])
    assert run("db", "check").stdout.startswith("the schema is current; the audit's 0 rows are whole")


def test_a_check_finds_a_broken_audit(anpr: Run, ok: Callable[..., str], database_url: str) -> None:
    ok(*CREATE)
    with psycopg.connect(database_url) as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
        conn.execute("UPDATE audit SET actor = 'somebody else'")
        conn.execute("ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only")
    _refused(anpr("db", "check"), "audit's chain is broken at row 1")


def test_a_check_holds_the_audit_against_what_was_noted(anpr: Run, ok: Callable[..., str], database_url: str) -> None:
    ok(*CREATE)
    noted = ok("db", "check").splitlines()[-1].rpartition(" ")[2]
    assert re.fullmatch("1:[0-9a-f]{64}", noted)
    ok("watchlist", "create", "a2", *CREATE[3:])
    assert "1 noted heads compared" in ok("db", "check", "--noted", noted)
    _refused(anpr("db", "check", "--noted", "7:" + noted[2:]), "is not as it was noted at row 7")
    _refused(anpr("db", "check", "--noted", "x"), "expected ROWS:HEAD")
    with psycopg.connect(database_url) as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM audit")
        conn.execute("ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only")
        conn.execute("ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_no_truncate")
    _refused(anpr("db", "check", "--noted", noted), "the audit has 0 rows and is not as it was noted at row 1")


def test_a_check_finds_an_audit_that_was_emptied(anpr: Run, ok: Callable[..., str], database: Database) -> None:
    ok("db", "check")
    with database.transaction() as conn:
        create_user(conn, User(name="anna", role=Role.DPO, password_hash="x"))
    _refused(anpr("db", "check"), "the audit is empty although there are users")


def test_retention_that_is_refused_goes_on_when_told(anpr: Run, ok: Callable[..., str], database: Database) -> None:
    now = SystemClock().now()
    with database.transaction() as conn:
        for ago in (20, 21, 22):
            insert_transits(conn, [make_transit(ago, captured_at=now - timedelta(days=ago))], now)
    _refused(anpr("db", "expire"), "retention refuses to drop 3 days", "anpr db expire --really")
    assert "transits: 3 days dropped" in ok("db", "expire", "--really")
    assert _events(database)[-1].actor == ACTOR


def test_a_check_names_each_difference_to_the_migrations(anpr: Run, ok: Callable[..., str], database_url: str) -> None:
    ok(*CREATE)
    with psycopg.connect(database_url) as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
        conn.execute("UPDATE audit SET actor = 'somebody else'")
        conn.execute("DROP INDEX plates_wildcard")
    result = anpr("db", "check")
    assert result.exit_code == 1
    index, trigger = result.stdout.splitlines()
    assert index == "index plates_wildcard of plates is missing"
    assert trigger.startswith("trigger audit_append_only of audit: disabled")
    assert result.stderr == (
        "Error: the schema is not what the migrations made (differences: 2);"
        " the audit's chain is broken at row 1 (0 rows before it are whole)\n"
    )


@pytest.mark.parametrize(
    "arguments", [("search", "AB*", "--reason", "x"), ("db", "status"), ("db", "check"), ("user", "list")]
)
def test_a_question_makes_no_database(tmp_path: Path, arguments: Sequence[str]) -> None:
    run = _runner(None, tmp_path)
    _refused(run(*arguments), f"there is none in {tmp_path / 'postgres'}", "anpr db migrate --create")
    _refused(run("db", "migrate"), "there is none")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "settings.yaml").write_text("", encoding="utf-8")
    _refused(run(*arguments), f"the demonstration runs with: anpr --config {tmp_path / 'demo' / 'settings.yaml'}")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(("typed", "made"), [("n", False), ("y", True)])
def test_migrate_asks_before_it_makes_a_database(typed: str, made: bool) -> None:
    with TemporaryDirectory(prefix="anpr-test-") as folder:
        ours, its = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "anpr", "db", "migrate"],
            env={**os.environ, "ANPR_DATA_DIR": folder},
            stdin=its,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            os.write(ours, f"{typed}\n".encode())
            told = process.communicate()[1].decode()
        os.close(ours)
        os.close(its)
        assert f"There is no database in {folder}/postgres. Make a new, empty one?" in told
        assert (process.returncode == 0) is made
        assert (Path(folder) / "postgres" / "data" / "PG_VERSION").exists() is made


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "a2"),
        ("add", "a2", "AB123CD", "--reason", "x"),
        ("remove", "a2", "AB123CD"),
        ("delete", "a2", "--yes"),
    ],
)
def test_a_list_that_is_not_there_is_answered_with_the_one_that_is(
    anpr: Run, ok: Callable[..., str], arguments: Sequence[str]
) -> None:
    ok(*CREATE)
    _refused(anpr("watchlist", *arguments), "watchlist a2: no such list; there are: a1")
    ok("watchlist", "create", "rubati", *CREATE[3:])
    _refused(anpr("watchlist", arguments[0], "rubato", *arguments[2:]), "no such list; did you mean rubati?")


def test_a_user_that_is_not_there_is_answered_with_the_one_that_is(
    anpr: Run, ok: Callable[..., str], tmp_path: Path
) -> None:
    secret = tmp_path / "pw"
    secret.write_bytes(b"\xef\xbb\xbfuna parola lunga\r\n")
    ok("user", "add", "rossi", "--role", "operatore", "--password-file", str(secret))
    assert ok("user", "list") == "rossi\toperator\n"
    _refused(anpr("user", "change", "rosso", "--disable"), "user rosso: no such user; did you mean rossi?")


def test_an_empty_answer_of_another_database_points_to_the_demonstration() -> None:
    with TemporaryDirectory(prefix="anpr-test-") as folder:
        run = _runner(None, Path(folder))
        assert run("db", "migrate", "--create").exit_code == 0
        (Path(folder) / "demo").mkdir()
        (Path(folder) / "demo" / "settings.yaml").touch()
        told = run("search", "AB123CD", "--reason", "prova").stderr
        assert told.splitlines()[0] == "0 transits"
        assert f"the demonstration runs with: anpr --config {folder}/demo/settings.yaml" in told


@pytest.mark.parametrize(
    "url", ["postgresq://u:SEGRETO@127.0.0.1:1/x", "postgresql://u:SEG RETO@127.0.0.1:1/x", "u=1 pass'SEGRETO"]
)
def test_an_address_that_cannot_be_parsed_is_not_shown(tmp_path: Path, url: str) -> None:
    result = _runner(url, tmp_path)("db", "status")
    _refused(result, "database.url" if "u=" not in url else "cannot be parsed")
    assert "RETO" not in result.output


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    run = _runner("postgresql://user:secret-word@127.0.0.1:1/anpr", tmp_path)
    for arguments in (("db", "status"), ("db", "migrate"), ("user", "list"), ("watchlist", "list")):
        result = run(*arguments)
        _refused(result, "database: ")
        assert "secret-word" not in result.stderr


def test_retention_is_run_by_hand(ok: Callable[..., str], database: Database) -> None:
    now = datetime.now(UTC)
    old = make_transit(1, captured_at=now - timedelta(days=30))
    with database.transaction() as conn:
        insert_transits(conn, [old, make_transit(2, captured_at=now)], now)
    printed = ok("db", "expire")
    assert "transits: 1 days dropped" in printed
    assert "plates: 1 removed" in printed
    assert "transits: 0 days dropped" in ok("db", "expire")


def test_without_a_url_the_embedded_database_is_used_and_left_stopped() -> None:
    with TemporaryDirectory(prefix="anpr-test-") as folder:
        run = _runner(None, Path(folder))
        assert run("db", "migrate", "--create").exit_code == 0
        assert run("watchlist", "list").exit_code == 0
        assert (Path(folder) / "postgres" / "data" / "PG_VERSION").exists()
        assert not is_running(find_server(Path(folder) / "postgres"))


# -- watchlist


def test_a_list_is_created_filled_shown_and_deleted(ok: Callable[..., str], database: Database, tmp_path: Path) -> None:
    assert ok(*CREATE) == "watchlist a1 saved\n"
    assert ok("watchlist", "add", "a1", "ab 123 cd", "--reason", "report 12", "--from", "2026-11-01") == (
        "watchlist a1: AB123CD added as entry 1\n"
    )
    path = tmp_path / "list.csv"
    path.write_text("plate;reason;valid_from;valid_to\nZZ999ZZ;flagged;;2026-12-01T08:00\n", encoding="utf-8-sig")
    printed = ok("watchlist", "import", "a1", str(path))
    assert printed == "watchlist a1: 1 added, 0 changed, 0 unchanged, 0 removed\n"
    assert ok("watchlist", "list") == "a1\tlocal\thigh\texact\t2 entries\tRubati\n"
    shown = ok("watchlist", "show", "a1").splitlines()
    assert "legal basis: D.L. 8/1993" in shown
    assert shown[-2:] == [
        "AB123CD\treport 12\t2026-11-01 00:00:00+01:00\t",
        "ZZ999ZZ\tflagged\t\t2026-12-01 08:00:00+01:00",
    ]
    assert ok("watchlist", "retro") == "not looked for in the past yet: 2 entries\n"
    RetroMatch(database=database, settings=Settings(), clock=SystemClock()).catch_up(threading.Event())
    pending, *changes = ok("watchlist", "retro").splitlines()
    assert pending == "not looked for in the past yet: 0 entries"
    assert [line.split("\t", 1)[1] for line in changes] == [
        "a1\t1 entry\t0 transits found\t0 sightings\t0 held back"
    ] * 2
    printed = ok("watchlist", "import", "a1", str(path), "--replace", "--yes")
    assert printed == "watchlist a1: 0 added, 0 changed, 1 unchanged, 1 removed\n"
    assert ok("watchlist", "remove", "a1", "zz999zz") == "watchlist a1: ZZ999ZZ removed (1 entry)\n"
    assert ok("watchlist", "delete", "a1", typed="y\n").endswith("watchlist a1 deleted with 0 entries\n")
    assert {event.actor for event in _events(database)} == {ACTOR}
    assert [event.action for event in reversed(_events(database))] == [
        AuditAction.WATCHLIST_SAVED,
        AuditAction.ENTRY_ADDED,
        AuditAction.WATCHLIST_IMPORTED,
        AuditAction.WATCHLIST_VIEWED,
        AuditAction.WATCHLIST_IMPORTED,
        AuditAction.ENTRY_REMOVED,
        AuditAction.WATCHLIST_DELETED,
    ]
    added = _events(database)[-2].detail
    assert added == {
        "watchlist": "a1", "plate": "AB123CD", "reason": "report 12", "valid_from": "2026-11-01T00:00:00+01:00",
        "valid_to": None,
    }  # fmt: skip


def test_a_wrong_file_is_named_and_nothing_of_it_is_imported(
    anpr: Run, ok: Callable[..., str], database: Database, tmp_path: Path
) -> None:
    ok(*CREATE)
    path = tmp_path / "list.csv"
    path.write_text("plate,reason,valid_from,valid_to\nAB123CD,ok,,\nAB%,wrong,,\n")
    refused = anpr("watchlist", "import", "a1", str(path))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Error: list.csv: 1 of 2 rows are wrong, the first: row 3: plate: " in refused.stderr
    path.write_text("colore,marca\nrosso,Fiat\n")
    _refused(anpr("watchlist", "import", "a1", str(path)), "list.csv: row 1: no column of plates in 'colore, marca'")
    _refused(anpr("watchlist", "import", "a1", str(tmp_path / "nothing.csv")), "nothing.csv: No such file")
    assert "0 entries" in ok("watchlist", "list")
    assert [event.action for event in _events(database)] == [AuditAction.WATCHLIST_SAVED]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "b2", "AB123CD", "--reason", "x"), "watchlist b2: no such list"),
        (("add", "a1", "AB%", "--reason", "x"), "plate 'AB%': a plate holds only"),
        (("add", "a1", "AB123CD", "--reason", "x", "--from", "soon"), "--from: 'soon' is not a time"),
        (
            ("add", "a1", "AB123CD", "--reason", "x", "--from", "2026-02-02", "--to", "2026-02-01"),
            "--to: must be after",
        ),
        (("add", "a1", "AB123CD", "--reason", "x", "--from", "0001-01-01"), "--from: the year 1 lies outside"),
        (("add", "a1", "АВ123", "--reason", "x"), "not 'А' (CYRILLIC CAPITAL LETTER A, U+0410)"),
        (("remove", "a1", "AB123CD"), "watchlist a1: AB123CD is not on it"),
        (("show", "b2"), "watchlist b2: no such list"),
        (("delete", "b2", "--yes"), "watchlist b2: no such list"),
    ],
)
def test_what_cannot_be_done_to_a_list_says_why(
    anpr: Run, ok: Callable[..., str], arguments: Sequence[str], complaint: str
) -> None:
    ok(*CREATE)
    _refused(anpr("watchlist", *arguments), complaint)


# -- search


def _store(database: Database) -> None:
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(n, gate_id=f"gate-{n}") for n in range(1, 4)], START)


def test_nothing_is_searched_for_an_investigation_that_has_ended(anpr: Run, database: Database) -> None:
    _store(database)
    by = Author(name="anna", at=START)
    with database.transaction() as conn:
        create_user(conn, User(name="anna", role=Role.INVESTIGATOR, password_hash="no hash"))
        end_investigation(conn, open_investigation(conn, "12/2026", "Furti", "", by).id, by, "archiviato")
    _refused(anpr("search", "AA00?AA", "--reason", "furto", "--case", "12/2026"), "it has ended")
    with database.transaction() as conn:
        row = list_audit(conn)[0]
    assert (row.event.action, row.event.case_reference) == (AuditAction.SEARCH_REFUSED, "12/2026")


def test_a_search_prints_what_passed_in_local_time(ok: Callable[..., str], database: Database) -> None:
    _store(database)
    lines = ok("search", "AA00?AA", "--reason", "furto", "--case", "12/2026").splitlines()
    assert lines[0].split() == ["captured", "plate", "conf.", "gate", "camera", "transit"]
    newest = make_transit(3)
    assert lines[1].split() == [
        "2026-11-21", "11:00:03+01:00", newest.plate, "0.970", "gate-3", "cam-1", str(newest.id),
    ]  # fmt: skip
    assert len(lines) == 4
    [event] = _events(database)
    assert (event.actor, event.action, event.reason) == (ACTOR, AuditAction.SEARCH, "furto")
    assert (event.case_reference, event.detail["found"]) == ("12/2026", 3)


def test_a_search_as_jsonl_carries_the_whole_transit(ok: Callable[..., str], database: Database) -> None:
    _store(database)
    printed = ok("search", make_transit(2).plate, "--reason", "furto", "--format", "jsonl")
    fields = json.loads(printed)
    assert fields["id"] == str(make_transit(2).id)
    assert fields["captured_at"] == "2026-11-21T11:00:02+01:00"
    assert fields["received_at"] == "2026-11-21T11:00:00+01:00"
    assert fields["candidates"][1] == {"text": "AA002AX", "probability": 0.02}


def test_times_are_local_and_gates_and_limit_narrow_it(ok: Callable[..., str], database: Database) -> None:
    _store(database)

    def gates(*options: str) -> list[str]:
        printed = ok("search", "AA00*", "--reason", "furto", "--format", "jsonl", *options)
        return [json.loads(line)["gate_id"] for line in printed.splitlines()]

    assert gates("--since", "2026-11-21T11:00:02") == ["gate-3", "gate-2"]
    assert gates("--until", "2026-11-21T10:00:02Z") == ["gate-1"]
    assert gates("--gate", "gate-1", "--gate", "gate-3") == ["gate-3", "gate-1"]
    assert gates("--limit", "1") == ["gate-3"]
    assert gates("--since", "2026-11-22") == []
    assert gates("--since", "2026-11-21", "--until", "2026-11-21") == ["gate-3", "gate-2", "gate-1"]
    assert gates("--until", "2026-11-20") == []


def test_a_day_given_as_an_end_is_included_and_told_so(ok: Callable[..., str]) -> None:
    ok(*CREATE)
    arguments = ("watchlist", "add", "a1", "AB123CD", "--reason", "x", "--from", "2026-11-28", "--to", "2026-11-28")
    assert ok(*arguments) == "watchlist a1: AB123CD added as entry 1, until 2026-11-28 included\n"
    shown = ok("watchlist", "show", "a1").splitlines()[-1]
    assert shown == "AB123CD\tx\t2026-11-28 00:00:00+01:00\t2026-11-28 included"


def test_a_gate_that_nobody_knows_is_no_alibi(anpr: Run, ok: Callable[..., str], database: Database) -> None:
    _store(database)
    with database.transaction() as conn:
        save_gates(conn, [Gate(id="varco-9", name="V", purpose="p", legal_basis="l")])
    search = ("search", "AA00*", "--reason", "furto", "--gate")
    _refused(anpr(*search, "varco9"), "no gate has the id 'varco9'", "did you mean varco-9?")
    assert ok(*search, "varco-9") == ok(*search, "varco-9", "--gate", "varco-9")
    assert "gate-1" in ok(*search, "gate-1"), "of a gate that only transits name"


def test_an_answer_says_who_was_not_looking(anpr: Run, database: Database) -> None:
    since = SystemClock().now().replace(microsecond=0) - timedelta(hours=1)
    fault = Change(state="frozen", since=since)
    report = HealthReport(
        kind=SubjectKind.CAMERA, id="cam-1", reader_id="r", gate_ids=("g-1",), at=since, changes=(fault,)
    )
    with database.transaction() as conn:
        record_health(conn, [report], since)
    result = anpr("search", "AB123CD", "--reason", "furto")
    assert result.stderr.splitlines()[0] == "0 transits"
    assert result.stderr.splitlines()[1].startswith("not looking: camera cam-1 (g-1): frozen from ")


def test_an_answer_says_where_transits_without_a_hit_are_not_kept(
    anpr: Run, ok: Callable[..., str], database: Database
) -> None:
    since = SystemClock().now() - timedelta(hours=1)
    with database.transaction() as conn:
        gate = Gate(id="checks", name="V", purpose="p", legal_basis="l", retention_purpose="insurance", keep=Keep.HITS)
        save_gates(conn, [gate])
        discard(conn, [make_transit(n, gate_id="checks", captured_at=since) for n in range(2)])
    result = anpr("search", "AB123CD", "--reason", "furto", "--format", "jsonl")
    assert result.stdout == ""
    assert result.stderr.splitlines()[1] == (
        "keeps hits only: gate checks: 2 transits without a hit in the hours searched; a vehicle that is not found"
        " there may have passed"
    )
    assert "gates that keep hits only, so that no search of the past finds others: checks" in ok("watchlist", "retro")


def test_a_search_without_a_reason_is_refused_and_recorded(anpr: Run, database: Database) -> None:
    _store(database)
    _refused(anpr("search", "AA00*"), "reason")
    _refused(anpr("search", "A*", "--reason", "furto"), "at least 2 letters or digits")
    _refused(anpr("search", "AA00*", "--reason", "furto", "--case", "12\x1b[31m"), "--case: without control")
    assert [event.action for event in _events(database)] == [AuditAction.SEARCH_REFUSED] * 2


@pytest.mark.parametrize("table", ["transits", "health_intervals"])
def test_a_search_that_takes_too_long_is_broken_off_and_says_what_helps(
    anpr: Run, database: Database, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("ANPR_CONSOLE__SEARCH_TIMEOUT_S", "0.2")
    _store(database)
    with database.transaction() as conn:
        conn.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())  # as slow as can be
        _refused(
            anpr("search", "AA00*", "--reason", "furto"),
            "took longer than 0.2 s and was broken off (console.search_timeout_s): narrow it by --since",
        )


def _interruptible(command: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    """A process that Ctrl-C reaches, also where this one was started in the background, which ignores it."""
    shell = ["env", "--default-signal=INT", *command]
    return subprocess.Popen(shell, env=environment, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_ends_a_search_in_the_database_too(database: Database, database_url: str, tmp_path: Path) -> None:
    def runs() -> bool:
        with database.transaction() as other:
            query = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'anpr search' AND wait_event_type = 'Lock'"
            return bool(other.execute(query).fetchall())

    environment = {**os.environ, "DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path)}
    environment["ANPR_CONSOLE__SEARCH_TIMEOUT_S"] = "300"
    command = [sys.executable, "-m", "anpr", "search", "AA00*", "--reason", "furto"]
    with database.transaction() as conn:
        conn.execute("LOCK TABLE transits IN ACCESS EXCLUSIVE MODE")
        with _interruptible(command, environment) as process:
            eventually(runs)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=240)
        assert (process.returncode, "Traceback" in told) == (1, False), told
        eventually(lambda: not runs())


# -- user


def test_a_user_is_made_with_a_typed_password(ok: Callable[..., str], database: Database) -> None:
    password = "correct horse battery"
    ok("user", "add", "anna", "--role", "operator", typed=f"{password}\n{password}\n")
    with database.transaction() as conn:
        user = get_user(conn, "anna")
    assert user is not None
    assert user.role is Role.OPERATOR
    assert verify_password(user.password_hash, password)
    [event] = _events(database)
    assert event.detail == {"user": "anna", "role": "operator"}


def test_a_user_is_changed_and_listed(ok: Callable[..., str], database: Database, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("correct horse battery\n")
    ok("user", "add", "anna", "--role", "operator", "--password-file", str(path))
    path.write_text("another horse entirely\n")
    ok("user", "password", "anna", "--password-file", str(path))
    ok("user", "change", "anna", "--role", "dpo", "--disable")
    assert ok("user", "list") == "anna\tdpo\tdisabled\n"
    ok("user", "change", "anna", "--enable")
    assert ok("user", "list") == "anna\tdpo\n"
    with database.transaction() as conn:
        user = get_user(conn, "anna")
    assert user is not None
    assert verify_password(user.password_hash, "another horse entirely")
    assert len(_events(database)) == 5
    assert "horse" not in str(_events(database))


def test_a_user_has_a_last_day(anpr: Run, ok: Callable[..., str], database: Database, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("correct horse battery\n")
    ok("user", "add", "anna", "--role", "operator", "--ends-on", "31/12/2099", "--password-file", str(path))
    assert ok("user", "list") == "anna\toperator\tuntil 2099-12-31\n"
    ok("user", "change", "anna", "--ends-on", "never")
    assert ok("user", "list") == "anna\toperator\n"
    changed, created = _events(database)
    assert created.detail == {"user": "anna", "role": "operator", "ends_on": "2099-12-31"}
    assert changed.detail == {"user": "anna", "changed": "ends-on", "previous": "2099-12-31", "ends_on": "none"}
    no_day = anpr("user", "change", "anna", "--ends-on", "2099-02-30").output
    assert "expected 2026-12-31, 31/12/2026, or never" in no_day
    _refused(anpr("user", "change", "anna", "--ends-on", "2020-01-01"), "last day 2020-01-01: is over")


def test_a_lost_second_factor_is_reset(anpr: Run, ok: Callable[..., str], database: Database) -> None:
    with database.transaction() as conn:
        create_user(conn, User(name="anna", role=Role.DPO, password_hash="x"))
        begin_factor(conn, "anna", b"sealed", START)
        confirm_factor(conn, "anna", 1, START)
    assert ok("user", "list") == "anna\tdpo\tsecond factor\n"
    ok("user", "reset-second-factor", "anna")
    assert ok("user", "list") == "anna\tdpo\n"
    [event] = _events(database)
    assert event.detail == {"user": "anna", "changed": "second-factor", "second_factor": "reset"}
    _refused(anpr("user", "reset-second-factor", "anna"), "user anna: has no second factor")
    _refused(anpr("user", "reset-second-factor", "ann"), "user ann: no such user; did you mean anna?")
    for neither_or_both in ((), ("anna", "--all")):
        _refused(anpr("user", "reset-second-factor", *neither_or_both), "expected the name of a user, or --all")


def test_second_factors_of_all_are_removed_when_their_key_is_lost(ok: Callable[..., str], database: Database) -> None:
    with database.transaction() as conn:
        for name in ("anna", "bea", "ugo"):
            create_user(conn, User(name=name, role=Role.OPERATOR, password_hash="x"))
        for name in ("anna", "ugo"):
            begin_factor(conn, name, b"sealed", START)
            confirm_factor(conn, name, 1, START)
    assert ok("user", "reset-second-factor", "--all") == "second factors removed: anna, ugo\n"
    assert "second factor" not in ok("user", "list")
    assert [event.detail["user"] for event in _events(database)] == ["ugo", "anna"]
    assert ok("user", "reset-second-factor", "--all") == "second factors removed: none\n"


def test_what_cannot_be_done_to_a_user_says_why(anpr: Run, ok: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("too short")
    _refused(anpr("user", "add", "anna", "--role", "operator", "--password-file", str(path)), "between 12 and 128")
    path.write_text("")
    _refused(anpr("user", "add", "anna", "--role", "operator", "--password-file", str(path)), f"{path}: empty")
    _refused(anpr("user", "add", "anna", "--role", "operator", "--password-file", str(tmp_path / "no")), "No such file")
    path.write_text("correct horse battery")
    ok("user", "add", "anna", "--role", "operator", "--password-file", str(path))
    _refused(anpr("user", "add", "anna", "--role", "dpo", "--password-file", str(path)), "user anna: exists already")
    _refused(anpr("user", "add", "retention", "--role", "dpo", "--password-file", str(path)), "the system itself so")
    _refused(anpr("user", "add", "Anna", "--role", "dpo", "--password-file", str(path)), "lower-case letters")
    _refused(anpr("user", "password", "ugo", "--password-file", str(path)), "user ugo: no such user")
    _refused(anpr("user", "change", "ugo", "--disable"), "user ugo: no such user")
    _refused(anpr("user", "change", "anna"), "nothing to change")
