# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost of watchlists in ingest: memory, load and reload time, time per transit, retro-match.

    python -m scripts.benchmarks.centre.watchlists [--entries 1000000] [--quick]

A real PostgreSQL of its own, in a temporary folder, that flushes nothing: its share of the times is a lower bound. A
third of the entries each on an exact, a look-alike and a probability list. The last line is one JSON object.
"""

import os
import statistics
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click

from anpr.domain.plate import look_alike_key
from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.ingest.matcher import Matcher
from anpr.ingest.retro import RetroMatch
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import matching_entries
from scripts.benchmarks.common import timed
from scripts.command import Script, finish
from scripts.lab.transits import make_transit, uuid7_of

LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
BATCH = 500
ROUNDS = 20
CANDIDATES = 4
CLOCK = SystemClock()


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--partial", type=click.IntRange(0), default=10_000, show_default=True, help="Partial plates besides.")
@click.option("--quick", is_flag=True, help="100,000 entries.")
def main(entries: int, partial: int, quick: bool) -> None:
    """Measure and print."""
    number = 100_000 if quick else entries
    with TemporaryDirectory(prefix="anpr-lists-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        with Database(url, pool_size=4, application="benchmark") as database:
            figures = {
                "entries": number,
                "load_average": round(os.getloadavg()[0], 1),
                **_measure(database, number, partial),
            }
    finish(figures)


def _measure(database: Database, number: int, partial: int) -> dict[str, object]:
    chance = Random(7)
    for mode in MatchMode:
        _fill(database, mode, number // len(MatchMode), chance)
    matcher = Matcher(database, CLOCK)
    before, began = _resident_mb(), CLOCK.monotonic()
    matcher.refresh()
    loaded_s, after = CLOCK.monotonic() - began, _resident_mb()
    figures: dict[str, object] = {
        "resident_mb": round(after),
        "resident_mb_of_lists": round(after - before),
        "load_s": round(loaded_s, 1),
        "load_again_after_1_s": round(_reload(database, matcher, 1, chance), 3),
        "load_again_after_1000_s": round(_reload(database, matcher, 1_000, chance), 3),
    }
    figures |= _matching(database, matcher, chance)
    if partial:
        _add_partial(database, partial, chance)
        figures["load_partial_s"] = round(timed(matcher.refresh), 2)
        found = _matching(database, matcher, chance)
        figures |= {"partial": partial} | {f"partial_{name}": value for name, value in found.items()}
    return figures | _retro(database, chance)


def _fill(database: Database, mode: MatchMode, number: int, chance: Random) -> None:
    watchlist = Watchlist(
        id=mode.value, name=mode.value, priority=Priority.LOW, purpose="benchmark", legal_basis="none", match=mode
    )
    with database.transaction() as conn:
        save_watchlist(conn, watchlist)
        with (
            conn.cursor() as cursor,
            cursor.copy("COPY entries (watchlist_id, plate, look_alike, reason) FROM STDIN") as copy,
        ):
            for plate in {drawn_plate(chance) for _ in range(number)}:
                copy.write_row((mode.value, plate, look_alike_key(plate), "benchmark"))
    with database.transaction() as conn:
        conn.execute("ANALYZE entries")
        conn.execute("UPDATE retro_progress SET version = (SELECT version FROM list_version), entry_id = 9e15::bigint")


def _add_partial(database: Database, number: int, chance: Random) -> None:
    patterns = partial_plates(number, chance)
    for mode in MatchMode:
        share = patterns[list(MatchMode).index(mode) :: len(MatchMode)]
        with database.transaction() as conn:
            import_entries(conn, mode.value, [NewEntry(plate=pattern, reason="benchmark") for pattern in share])
    with database.transaction() as conn:
        conn.execute("ANALYZE entries")
        conn.execute("UPDATE retro_progress SET version = (SELECT version FROM list_version), entry_id = 9e15::bigint")


def partial_plates(number: int, chance: Random) -> list[str]:
    """As witnesses remember: the beginning, the end, or one or two signs missing."""
    patterns: set[str] = set()
    while len(patterns) < number:
        plate, kind, gap = drawn_plate(chance), chance.random(), chance.randrange(7)
        holed = f"{plate[:gap]}?{plate[gap + 1 :]}"
        patterns.add(f"{plate[:4]}*" if kind < 0.4 else f"*{plate[3:]}" if kind < 0.6 else holed)
    return sorted(patterns)


def _reload(database: Database, matcher: Matcher, number: int, chance: Random) -> float:
    with database.transaction() as conn:
        import_entries(conn, "exact", [NewEntry(plate=plate, reason="new") for plate in {
            drawn_plate(chance) for _ in range(number)}])  # fmt: skip
    began = CLOCK.monotonic()
    matcher.refresh()
    return CLOCK.monotonic() - began


def _matching(database: Database, matcher: Matcher, chance: Random) -> dict[str, object]:
    """Microseconds a transit. In memory alone, and with the query of a batch; by the database for comparison."""
    alone, whole, database_only = [], [], []
    for _ in range(ROUNDS):
        batch = [drawn_transit(chance) for _ in range(BATCH)]
        began = CLOCK.monotonic()
        likely = matcher._index.likely(batch)
        alone.append(CLOCK.monotonic() - began)
        batch = [transit for place, transit in enumerate(batch) if place not in likely]
        with database.transaction() as conn:
            conn.execute("SELECT 1")
            began = CLOCK.monotonic()
            matcher.hits(conn, batch)
            whole.append(CLOCK.monotonic() - began)
            began = CLOCK.monotonic()
            matching_entries(conn, batch)
            database_only.append(CLOCK.monotonic() - began)
    assert not matcher.behind.is_set()
    return {
        "candidates_a_transit": CANDIDATES,
        "match_us": _us(alone),
        "match_best_us": round(min(alone) / BATCH * 1e6, 2),
        "match_with_query_us": _us(whole),
        "match_by_database_us": _us(database_only),
    }


def _retro(database: Database, chance: Random) -> dict[str, object]:
    """A list of 10,000, a tenth of which passed in the last three days, looked for among 30,000 transits."""
    now = CLOCK.now()
    seen = [drawn_transit(chance, now - timedelta(seconds=8 * n), n) for n in range(30_000)]
    for start in range(0, len(seen), 5_000):
        with database.transaction() as conn:
            insert_transits(conn, seen[start : start + 5_000], now - timedelta(hours=1))
    plates = {transit.plate for transit in seen[:1_000]} | {drawn_plate(chance) for _ in range(9_000)}
    figures: dict[str, object] = {"retro_entries": len(plates), "retro_transits": len(seen)}
    for mode in MatchMode:
        with database.transaction() as conn:
            import_entries(conn, mode.value, [NewEntry(plate=plate, reason="retro") for plate in plates])
        began = CLOCK.monotonic()
        RetroMatch(database=database, settings=Settings(), clock=CLOCK).catch_up(threading.Event())
        figures[f"retro_{mode.value}_s"] = round(CLOCK.monotonic() - began, 1)
    return figures


def drawn_transit(chance: Random, at: datetime | None = None, number: int = 0) -> Transit:
    """As ingest decodes one: texts of its own, whose hashes were never asked for."""
    moment = at or datetime(2026, 11, 21, tzinfo=UTC)
    plate = drawn_plate(chance)
    others = tuple(Candidate(text=drawn_plate(chance), probability=0.02) for _ in range(CANDIDATES - 1))
    candidates = (Candidate(text=plate[:3] + plate[3:], probability=0.9), *others)
    return make_transit(
        number, id=uuid7_of(moment, number), captured_at=moment, first_seen=moment, last_seen=moment, plate=plate,
        candidates=candidates,
    )  # fmt: skip


def drawn_plate(chance: Random) -> str:
    """Two letters, three digits, two letters."""
    letters = chance.choices(LETTERS, k=4)
    return f"{letters[0]}{letters[1]}{chance.randrange(1000):03d}{letters[2]}{letters[3]}"


def _us(times: list[float]) -> float:
    return round(statistics.median(times) / BATCH * 1e6, 2)


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
