# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time of the console's pages of forwarding with a filled ledger, and what the ledger's counters cost its writers.

    python -m scripts.benchmarks.centre.forward_pages [--rows 1000000] [--asked 30] [--quick]

A real PostgreSQL in a temporary folder, and `anpr console` as a process of its own with the console's rights. The rows
are those of 31 days of one destination, a third of them of yesterday; eleven others have counts of 400,000 a day. The
same rows are written with the counters' triggers and without, one after the other. `cpu_ms` is processor time of the
console for a page; `bare` is one of its smallest pages, for comparison. The last line is one JSON object;
status 1 when the 95th percentile of all pages is above WANTED_P95_MS.
"""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
import yaml

from anpr.domain.access import Role
from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.database.partitions import ensure_partitions
from anpr.store.database.scope import Scope
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from scripts.benchmarks.common import CLOCK, Figures, timed
from scripts.command import Script, finish, log
from scripts.lab.console import PASSWORD, logged_in, running_console

WANTED_P95_MS = 200.0
ROWS, ASKED = 1_000_000, 30
QUICK = (60_000, 8)
"""Rows, questions of each kind."""
BATCH = 200
DAYS = 31
DESTINATIONS = 12
_FILL = b"""
INSERT INTO deliveries (destination, captured_at, transit_id, state, day, batch, queued_at, sent_at, settled_at, reason)
SELECT %(id)s, %(start)s::timestamptz + n * interval '1 millisecond' * (79200000 / %(rows)s),
    gen_random_uuid(),
    CASE WHEN n %% 50 = 0 THEN 'rejected' WHEN n %% 10 = 1 THEN 'sent' ELSE 'accepted' END, %(day)s, n / %(batch)s + 1,
    now(), now(), now(), CASE WHEN n %% 50 = 0 THEN 'plate picture: ' || n || ' bytes, at most 1024' END
FROM generate_series(0, %(rows)s - 1) n
"""
_FILES = b"""
INSERT INTO forward_batches (destination, day, number, file_name, created_at, attempts, sent_at)
SELECT %(id)s, %(day)s, n, 'T_' || %(day)s || '_' || n || '.xml', now(), 1, now() FROM generate_series(1, %(files)s) n
"""
_COUNTS = b"""
INSERT INTO delivery_counts
SELECT id, %(today)s::date - back, state, '', 400000 / 4
FROM unnest(%(ids)s::text[]) id, generate_series(0, 30) back,
    unnest('{accepted,sent,queued,expired}'::text[]) state
"""
_RUNS = b"""
INSERT INTO forward_runs (destination, day, started_at, finished_at, counts, kind, outcome)
SELECT id, %(today)s::date - n %% 31, now(), now(), '{"run_sent": 400000, "files": 2000}', 'nightly', 'complete'
FROM unnest(%(ids)s::text[]) id, generate_series(1, 200) n
"""


@click.command(cls=Script, help=__doc__)
@click.option("--rows", type=click.IntRange(10_000), default=ROWS, show_default=True)
@click.option("--asked", type=click.IntRange(5), default=ASKED, show_default=True, help="Questions of each kind.")
@click.option("--quick", is_flag=True, help="60,000 rows, 8 questions of each kind.")
def main(rows: int, asked: int, quick: bool) -> None:
    """Fill the ledger, ask, print."""
    rows, asked = (min(rows, QUICK[0]), QUICK[1]) if quick else (rows, asked)
    with TemporaryDirectory(prefix="anpr-forward-pages-") as name, _filled(Path(name), rows) as (url, written):
        config = _settings(Path(name))
        with running_console(Path(name), role_url(url, CentreRole.CONSOLE), config=config) as (address, pid):
            figures = written | _measure(address, pid, asked)
    slow = figures["pages_p95_ms"]
    problems = [f"pages_p95_ms: {slow}"] if isinstance(slow, float) and slow > WANTED_P95_MS else []
    finish({"rows": rows, "asked_each": asked} | figures, problems)


def _ids() -> list[str]:
    return ["questura", *(f"altra-{number}" for number in range(1, DESTINATIONS))]


def _settings(folder: Path) -> Path:
    path = folder / "site.yaml"
    target = {"kind": "directory", "path": str(folder / "out")}
    one = {"profile": "scntt-example", "target": target, "protocol": "prova", "protocol_until": "2099-12-31"}
    path.write_text(yaml.safe_dump({"forwarding": [{"id": name, **one} for name in _ids()]}), encoding="utf-8")
    return path


@contextmanager
def _filled(folder: Path, rows: int) -> Iterator[tuple[str, Figures]]:
    with embedded_database(folder / "postgres") as url:
        migrate(url)
        grant_roles(url)
        with Database(url, pool_size=2, application="benchmark") as owner:
            database = owner.limited_to(Scope(organisation_id=MANAGER, day=CLOCK.now().date()))
            figures = _fill(database, rows)
        yield url, figures


def _fill(database: Database, rows: int) -> Figures:
    today = CLOCK.now().date()
    days = [today - timedelta(days=back) for back in range(DAYS + 1)]
    with database.transaction() as conn:
        ensure_partitions(conn, days, ["deliveries"])
        user = User(name="admin", role=Role.ADMINISTRATOR, password_hash=hash_password(PASSWORD))
        create_user(conn, user)
    figures = _cost_of_counters(database, rows // 3)
    for day in days[2:DAYS]:
        _fill_day(database, day, rows * 2 // 3 // (DAYS - 2))
    with database.transaction() as conn:
        conn.execute(_COUNTS, {"ids": _ids()[1:], "today": today})
        conn.execute(_RUNS, {"ids": _ids(), "today": today})
    with database.connect(autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE deliveries, delivery_counts, forward_batches, forward_runs")
    return figures


def _cost_of_counters(database: Database, rows: int) -> Figures:
    """Yesterday's rows, written twice: without the triggers that count, and with them; and the same state changed."""
    yesterday = CLOCK.now().date() - timedelta(days=1)
    times: dict[str, float] = {}
    for name, verb in (("without", b"DISABLE"), ("with", b"ENABLE")):
        with database.transaction() as conn:
            conn.execute(b"TRUNCATE deliveries, delivery_counts")
            for trigger in (b"count_inserted", b"count_updated"):
                conn.execute(b"ALTER TABLE deliveries " + verb + b" TRIGGER " + trigger)
        times[name] = timed(lambda: _fill_day(database, yesterday, rows))
        log(f"{rows:,} rows {name} counters: {times[name]:.1f} s")
    return {
        "write_without_counters_s": round(times["without"], 2),
        "write_with_counters_s": round(times["with"], 2),
        "write_ratio": round(times["with"] / times["without"], 3),
    }


def _fill_day(database: Database, day: date, rows: int) -> None:
    start = f"{day.isoformat()} 00:00:00+00"
    with database.transaction() as conn:
        conn.execute(_FILL, {"id": "questura", "start": start, "day": day, "rows": rows, "batch": BATCH})
        values = {"id": "questura", "day": day, "files": rows // BATCH + 1}
        conn.execute(b"DELETE FROM forward_batches WHERE destination = %(id)s AND day = %(day)s", values)
        conn.execute(_FILES, values)


def _measure(address: str, pid: int, asked: int) -> Figures:
    yesterday = (CLOCK.now().date() - timedelta(days=1)).isoformat()
    day = f"/forwarding/questura/days/{yesterday}"
    kind = "plate picture: N bytes, at most N"
    pages = {
        "overview": "/forwarding",
        "destination": "/forwarding/questura",
        "day": day,
        "day_last_files": f"{day}?page=30",
        "file": f"{day}/files/700",
        "rejected": f"{day}/rejected?kind={kind}",
        "runs": "/forwarding/questura/runs",
        "profile": "/forwarding/questura/profile",
        "status": "/status",
        "bare": "/account",
    }
    figures: Figures = {}
    everything: list[float] = []
    client = logged_in(address, "admin")
    for name, path in pages.items():
        _get(client, path)
        cpu = _cpu_ms(pid)
        times = [timed(partial(_get, client, path)) * 1000 for _ in range(asked)]
        figures[f"{name}_cpu_ms"] = round((_cpu_ms(pid) - cpu) / asked, 1)
        everything += times if name != "bare" else []
        cuts = statistics.quantiles(times, n=20)
        log(f"{name}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms")
        figures |= {f"{name}_p50_ms": round(cuts[9], 1), f"{name}_p95_ms": round(cuts[18], 1)}
    client.close()
    cuts = statistics.quantiles(everything, n=20)
    return figures | {"pages_p50_ms": round(cuts[9], 1), "pages_p95_ms": round(cuts[18], 1)}


def _cpu_ms(pid: int) -> float:
    """Processor time of the console until now; other work of a shared machine is not in it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _get(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


if __name__ == "__main__":
    main()
