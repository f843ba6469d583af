# SPDX-License-Identifier: AGPL-3.0-or-later
"""Query benchmark: the searches of people over a month of traffic, with PostgreSQL's plans."""

import itertools
import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import psycopg

from anpr.domain.gate import Direction
from anpr.domain.recurrence import Recurrence
from anpr.domain.search_conditions import SearchConditions
from anpr.store.database.connection import Connection, Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.gate_activity import read_certainty, transits_per_hour
from anpr.store.transits.rows import TransitQuery, last_of_gates, latest_transits, search_transits, transits_between
from scripts.benchmarks.centre.month import MONTH_DAYS, Month, fill, last_day
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import log

PAGE = 200
"""Rows that a page of the console shows."""
FIRST = 50
"""Transits on a page of a search's results."""
GATES = 10
"""Gates of a question that names many."""
ASKED = 100
"""Different questions of each kind."""

Ask = Callable[[Connection], Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Questions of one kind, each once cold and then warm."""

    name: str
    questions: Sequence[Ask]


def query_figures(folder: Path, month: Month, plans: Path | None) -> Figures:
    """Medians and 99th percentiles in ms, of warm answers, rows made into transits included."""
    with embedded_database(folder, durable=False) as url:
        migrate(url)
        with Database(url, pool_size=2, application="benchmark") as database:
            seconds = fill(database, month)
            log(f"queries: {month.rows:,} rows over {MONTH_DAYS} days made in {seconds:.0f} s")
            figures: Figures = {"query_rows": month.rows}
            for kind in kinds(database, month):
                figures |= figures_of(database, kind)
                if plans is not None:
                    save_plan(database, kind, plans)
    return figures


def kinds(database: Database, month: Month) -> Iterator[Kind]:
    """Exact, look-alike, with wildcards of three forms, a gate's hour, and what the pages of gates ask."""
    seen = seen_rows(database, month)
    plates = [row["plate"] for row in seen]
    yield Kind(name="exact", questions=[_search(plate) for plate in plates])
    yield Kind(name="look_alike", questions=[_search(plate, look_alike=True) for plate in plates])
    forms: list[Callable[[str], str]] = [
        lambda plate: plate[:4] + "*",
        lambda plate: "*" + plate[-4:],
        lambda plate: plate[0] + "?" + plate[2:5] + "*" + plate[-1],
    ]
    yield Kind(name="wildcard", questions=[_search(form(plate)) for plate, form in zip(plates, itertools.cycle(forms))])
    yield Kind(name="look_alike_wildcard", questions=[_search(p[:4] + "*", look_alike=True) for p in plates])
    yield Kind(name="gate_hour", questions=[_passed(row) for row in seen])
    yield Kind(name="gates_hours", questions=[_gates_hours(seen, row) for row in seen])
    yield Kind(name="between", questions=[_gate_hour(row) for row in seen])
    yield Kind(name="gate_page", questions=[_gate_page(row) for row in seen])
    yield Kind(name="last_of_gates", questions=[_last_of_gates(seen)] * 3)
    yield Kind(name="latest", questions=[_latest] * 3)


def _latest(conn: Connection) -> Sequence[object]:
    return latest_transits(conn, PAGE)


def _search(pattern: str, *, look_alike: bool = False) -> Ask:
    query = TransitQuery(pattern=pattern, look_alike=look_alike, limit=PAGE)
    return lambda conn: search_transits(conn, query)


def _passed(row: Mapping[str, Any]) -> Ask:
    """What passed a gate within an hour: a page of a search without a plate."""
    since = row["captured_at"].replace(minute=0, second=0, microsecond=0)
    gates = (row["gate_id"],)
    query = TransitQuery(pattern="", since=since, until=since + timedelta(hours=1), gate_ids=gates, limit=FIRST)
    return lambda conn: search_transits(conn, query)


def _gates_hours(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> Ask:
    """One direction at ten gates from two to four of one day of the week over the month: the same kind of page."""
    until = max(each["captured_at"] for each in rows)
    gates = tuple(sorted({row["gate_id"], *(each["gate_id"] for each in rows)})[:GATES])
    recurs = Recurrence(weekdays=(row["captured_at"].isoweekday(),), starts=time(2), ends=time(4))
    query = TransitQuery(
        pattern="",
        since=until - timedelta(days=MONTH_DAYS),
        until=until,
        gate_ids=gates,
        conditions=SearchConditions(recurrence=recurs, zone="Europe/Rome", direction=Direction.RECEDING),
        limit=FIRST,
    )
    return lambda conn: search_transits(conn, query)


def _gate_hour(row: Mapping[str, Any]) -> Ask:
    since = row["captured_at"].replace(minute=0, second=0, microsecond=0)
    until = since + timedelta(hours=1)
    return lambda conn: list(itertools.islice(transits_between(conn, since, until, [row["gate_id"]], PAGE), PAGE))


def _gate_page(row: Mapping[str, Any]) -> Ask:
    """What the page of one gate asks of its last 24 hours: transits by hour, and how surely they were read."""
    gate_id, until = row["gate_id"], row["captured_at"]
    since = until - timedelta(hours=24)
    return lambda conn: [*transits_per_hour(conn, gate_id, since, until), read_certainty(conn, gate_id, since, until)]


def _last_of_gates(rows: Sequence[Mapping[str, Any]]) -> Ask:
    """The newest transit of each of fifty gates, as a page of their list shows it."""
    gate_ids = sorted({row["gate_id"] for row in rows})[:50]
    return lambda conn: list(last_of_gates(conn, gate_ids).items())


def seen_rows(database: Database, month: Month) -> list[dict[str, Any]]:
    """Transits spread over the last days, to ask about."""
    rows: list[dict[str, Any]] = []
    with database.transaction() as conn:
        for back in range(ASKED):
            since = last_day(month) - timedelta(hours=7 * back)
            row = conn.execute(
                "SELECT plate, gate_id, captured_at FROM transits WHERE captured_at >= %s ORDER BY captured_at LIMIT 1",
                (since,),
            ).fetchone()
            if row is not None:
                rows.append(row)
    return rows


def figures_of(database: Database, kind: Kind, prefix: str = "query_") -> Figures:
    """Median and 99th percentile in ms of one kind, each question asked once cold and then three times."""
    with database.transaction() as conn:
        cold = [_ms(conn, ask) for ask in kind.questions]
        warm = [_ms(conn, ask) for _ in range(3) for ask in kind.questions]
        found = statistics.median(len(ask(conn)) for ask in kind.questions)
    median, p99 = statistics.median(warm), statistics.quantiles(warm, n=100)[98]
    log(
        f"queries: {kind.name}: median {median:.1f} ms, p99 {p99:.1f} ms (first time {statistics.median(cold):.1f} ms),"
        f" {found:.0f} rows, n={len(warm)}"
    )
    return {f"{prefix}{kind.name}_ms": round(median, 2), f"{prefix}{kind.name}_p99_ms": round(p99, 2)}


def _ms(conn: Connection, ask: Ask) -> float:
    began = CLOCK.monotonic()
    ask(conn)
    return (CLOCK.monotonic() - began) * 1000


def save_plan(database: Database, kind: Kind, plans: Path) -> None:
    """The plan of the first question, as auto_explain gives it: of what is really run, not of a copy."""
    plans.mkdir(parents=True, exist_ok=True)
    with _explained(database) as (conn, said):
        kind.questions[0](conn)
    (plans / f"{kind.name}.txt").write_text("\n\n".join(said) + "\n", encoding="utf-8")


@contextmanager
def _explained(database: Database) -> Iterator[tuple[Connection, list[str]]]:
    said: list[str] = []
    conn = database.connect(autocommit=True)
    try:
        conn.add_notice_handler(
            lambda note: said.append(re.sub(r"^duration: .*plan:\n", "", note.message_primary or ""))
        )
        for setting in ("log_min_duration = 0", "log_analyze = on", "log_buffers = on"):
            conn.execute("LOAD 'auto_explain'")
            conn.execute(f"SET auto_explain.{setting}")
        conn.execute("SET client_min_messages = log")
        yield conn, said
    except psycopg.Error as exc:
        raise SystemExit(f"no plans: {exc}") from exc
    finally:
        conn.close()
