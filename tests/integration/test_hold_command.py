# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr hold` with a real PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.gate import Gate, Keep
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.database.partitions import Part, ensure_parts
from anpr.store.gates import save_gates
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import make_transit, uuid7_of

Run = Callable[..., Result]
REASON = ("--case", "12/2026", "--reason", "richiesta della procura")
NOW = datetime.now(UTC)
AT = NOW - timedelta(hours=2)
TRANSIT = make_transit(1, id=uuid7_of(AT, 1), captured_at=AT, first_seen=AT, last_seen=AT, plate="AB123CD")
DAY = (NOW + timedelta(days=90)).date().isoformat()
RANGE = ("--since", (NOW - timedelta(days=1)).isoformat(), "--until", NOW.isoformat(), "--ends-on", DAY)


@pytest.fixture
def run(database: Database, database_url: str, tmp_path: Path) -> Run:
    with database.transaction() as conn:
        insert_transits(conn, [TRANSIT], NOW)
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}
    return lambda *arguments: CliRunner().invoke(main, ["hold", *arguments], env=environment)


def test_a_hold_is_made_listed_lengthened_and_ended(run: Run, database: Database) -> None:
    made = run("make", *REASON, "--plate", "ab 123 cd", *RANGE)
    assert made.exit_code == 0, made.output
    assert made.stdout == f"hold 1: 1 transit kept, up to and including {DAY} (UTC)\n"
    assert "before" not in made.stderr or "nothing is stored" in made.stderr
    assert "12/2026\tAB123CD\t" in run("list").stdout
    longer = (NOW + timedelta(days=120)).date().isoformat()
    assert run("extend", "1", "--ends-on", longer, "--reason", "proroga del giudice").exit_code == 0
    assert longer in run("list").stdout
    assert run("end", "1", "--reason", "procedimento archiviato").exit_code == 0
    assert run("list").stdout == ""
    assert "ended by os:" in run("list", "--all").stdout
    with database.transaction() as conn:
        actions = [row.event.action for row in reversed(list_audit(conn))]
    assert actions == [AuditAction.HOLD_MADE, AuditAction.HOLD_CHANGED, AuditAction.HOLD_ENDED]


def test_a_last_day_is_taken_as_people_write_it(run: Run) -> None:
    last = NOW + timedelta(days=90)
    made = run("make", *REASON, "--plate", "AB123CD", *RANGE[:-1], f"{last:%d/%m/%Y}")
    assert made.exit_code == 0, made.output
    assert run("extend", "1", "--ends-on", f"{last:%d.%m.%Y}", "--reason", "proroga del giudice").exit_code == 0
    assert DAY in run("list").stdout


def test_a_gate_that_keeps_hits_only_is_named(run: Run, database: Database) -> None:
    gate = Gate(id="gate-1", name="Varco", purpose="revisioni", legal_basis="delibera", keep=Keep.HITS)
    with database.transaction() as conn:
        save_gates(conn, [gate, replace(gate, id="gate-all", keep=Keep.ALL)])
    told = "keeps hits only: gate gate-1: without a hit nothing is stored there, nor held\n"
    for option, name in (("--gate", "gate-1"), ("--plate", "AB123CD")):
        assert run("make", *REASON, option, name, *RANGE).stderr.endswith(told)
    assert "hits only" not in run("make", *REASON, "--gate", "gate-all", *RANGE).stderr
    assert "hits only" not in run("make", *REASON, "--transit", str(TRANSIT.id), "--ends-on", DAY).stderr


def test_what_went_with_the_days_of_a_purpose_is_named(run: Run, database: Database) -> None:
    gate = Gate(id="gate-1", name="Varco", purpose="revisioni", legal_basis="delibera", retention_purpose="controlli")
    oldest = (NOW - timedelta(days=6)).date()
    with database.transaction() as conn:
        save_gates(conn, [gate, replace(gate, id="gate-2", retention_purpose=None)])
        ensure_parts(conn, [Part(oldest), Part(NOW.date(), "controlli")], ["transits"])
    since = ("--since", (NOW - timedelta(days=3)).isoformat(), "--until", NOW.isoformat(), "--ends-on", DAY)
    told = f"of what passed before {NOW.date()} at gates of purpose controlli nothing is stored\n"
    assert run("make", *REASON, "--gate", "gate-1", *since).stderr == told
    assert run("make", *REASON, "--plate", "AB123CD", *since).stderr == told
    assert run("make", *REASON, "--gate", "gate-2", *since).stderr == ""
    long_ago = ("--since", (NOW - timedelta(days=9)).isoformat(), *since[2:])
    whole = f"of what passed before {oldest} nothing is stored any more\n"
    assert run("make", *REASON, "--gate", "gate-2", *long_ago).stderr == whole


def test_the_list_counts_what_each_hold_keeps_with_one_statement(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for plate in ("AB123CD", "ZZ000ZZ", "AB123CD"):
        assert run("make", *REASON, "--plate", plate, *RANGE).exit_code == 0
    assert run("end", "3", "--reason", "procedimento archiviato").exit_code == 0
    asked: list[str] = []
    execute = psycopg.Connection.execute

    def noted(conn: psycopg.Connection[Any], query: Any, *rest: Any, **named: Any) -> Any:
        asked.append(str(query))
        return execute(conn, query, *rest, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    lines = run("list", "--all").stdout.splitlines()
    assert [line.split("\t")[-1].split(" by ")[0] for line in lines] == ["1 transit", "0 transits", "ended"]
    assert sum("held_transits" in query for query in asked) == 1


def test_one_transit_is_held_by_its_id(run: Run) -> None:
    made = run("make", *REASON, "--transit", str(TRANSIT.id), "--ends-on", DAY)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("hold 1: 1 transit kept")
    assert f"transit {TRANSIT.id}" in run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "--case", "1", "--plate", "AB123CD", *RANGE), "reason: "),
        (("make", *REASON, *RANGE), "expected --plate, --gate or --transit"),
        (("make", *REASON, "--plate", "AB123CD", "--ends-on", DAY), "expected --since and --until"),
        (("make", *REASON, "--plate", "ab*", *RANGE), "--plate: "),
        (("make", *REASON, "--gate", "gate-nowhere", *RANGE), "no gate has the id 'gate-nowhere'"),
        (("make", *REASON, "--plate", "A1", "--since", DAY, "--until", "2026-01-01", "--ends-on", DAY), "--until"),
        (("make", *REASON, "--plate", "A1", "--since", "yesterday", "--until", DAY, "--ends-on", DAY), "--since: "),
        (("make", *REASON, "--plate", "A1", *RANGE[:-1], "2020-01-01"), "2020-01-01 is over"),
        (("make", *REASON, "--plate", "A1", *RANGE[:-1], "2199-01-01"), "at most five years"),
        (("make", *REASON, "--transit", str(TRANSIT.id), "--plate", "A1", "--ends-on", DAY), "--transit: "),
        (("make", *REASON, "--transit", "0" * 32, "--ends-on", DAY), "none with the id"),
        (("make", "--case", " ", *REASON[2:], "--plate", "A1", *RANGE), "--case: expected the number of a proceeding"),
        (("make", "--case", "x" * 101, *REASON[2:], "--plate", "A1", *RANGE), "--case: at most 100 characters"),
        (("make", "--case", "12\t\x1b[31m", *REASON[2:], "--plate", "A1", *RANGE), "--case: without control"),
        (("make", *REASON, "--plate", "A1", *RANGE[:-1], "domani"), "--ends-on: 'domani' is not a day"),
        (("end", "7", "--reason", "archiviato"), "hold 7: there is none"),
        (("extend", "7", "--ends-on", DAY, "--reason", "proroga"), "hold 7: there is none"),
    ],
)
def test_what_cannot_be_says_why_and_holds_nothing(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert run("list", "--all").stdout == ""
