# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time of a list's cost preview over a week: seconds by matching mode, as the console's role asks, day by day.

    python -m scripts.benchmarks.centre.list_cost [--a-day 400000] [--entries 100000] [--quick]

A real PostgreSQL of its own in a temporary folder. A hundredth of the entries are partial plates. The last line is one
JSON object; status 1 when a mode takes longer than WANTED_S.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click

from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.database.partitions import ensure_partitions
from anpr.store.database.scope import Scope
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.watchlists.cost import DAYS, Rule, replay
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

WANTED_S = 10.0
A_DAY, ENTRIES = 400_000, 100_000
QUICK = (20_000, 5_000)
"""Transits a day, entries."""
START = datetime(2026, 11, 14, tzinfo=UTC)
LIST = "rubati"
_FILL = """
INSERT INTO transits (captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen, plate,
    look_alike, raw, confidence, candidates, reads, box_x, box_y, box_w, box_h, images)
SELECT at, gen_random_uuid(), at, 'gate-' || n %% 8, 'cam-' || n %% 16, 'reader-1', at, at, plate,
    translate(plate, 'OQDIBGSZ', '00018C52'), plate, 0.9,
    jsonb_build_array(jsonb_build_array(plate, 0.9), jsonb_build_array(overlay(plate placing '8' from 4 for 1), 0.05),
        jsonb_build_array(overlay(plate placing '1' from 5 for 1), 0.03)), 5, 0, 0, 100, 30, '[]'
FROM (
    SELECT n, %(day)s::timestamptz + n * (interval '1 day' / %(rows)s) AS at,
        chr(65 + v %% 26) || chr(65 + v / 26 %% 26) || lpad((v / 676 %% 1000)::text, 3, '0') || chr(65 + v / 7 %% 26)
            || chr(65 + v / 11 %% 26) AS plate
    FROM (SELECT n, (random() * 900000)::int * 739 %% 1000003 AS v FROM generate_series(0, %(rows)s - 1) n) numbers
) made
"""


@click.command(cls=Script, help=__doc__)
@click.option("--a-day", type=click.IntRange(1000), default=A_DAY, show_default=True)
@click.option("--entries", type=click.IntRange(100), default=ENTRIES, show_default=True)
@click.option("--quick", is_flag=True, help="20,000 transits a day, 5,000 entries.")
def main(a_day: int, entries: int, quick: bool) -> None:
    """Fill, ask, print."""
    a_day, entries = QUICK if quick else (a_day, entries)
    figures = measure_preview(a_day, entries)
    finish({"transits_a_day": a_day, "entries": entries} | figures, slow_previews(figures))


def measure_preview(a_day: int, entries: int) -> Figures:
    """Seconds by matching mode over a week of so many transits a day, and `preview_s` of the slowest mode."""
    figures: Figures = {}
    with TemporaryDirectory(prefix="anpr-cost-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        grant_roles(url)
        with Database(url, pool_size=2, application="benchmark") as database:
            _fill(database, a_day, entries)
        scope = Scope(organisation_id=MANAGER, day=(START + timedelta(days=DAYS)).date())
        with Database(role_url(url, CentreRole.CONSOLE), pool_size=1, application="benchmark") as console:
            for match in MatchMode:
                figures |= _week(console.limited_to(scope), match)
    return figures | {"preview_s": max(_seconds(figures, match) for match in MatchMode)}


def slow_previews(figures: Figures) -> list[str]:
    """Which modes take longer than is wanted."""
    return [f"{match}: more than {WANTED_S} s" for match in MatchMode if _seconds(figures, match) > WANTED_S]


def _seconds(figures: Figures, match: MatchMode) -> float:
    return float(str(figures[f"preview_{match}_s"]))


def _fill(database: Database, a_day: int, entries: int) -> None:
    chance = Random(7)
    with database.transaction() as conn:
        for back in range(DAYS):
            day = START + timedelta(days=back)
            ensure_partitions(conn, [day.date()], ["transits"])
            conn.execute(_FILL.encode(), {"day": day, "rows": a_day})
            log(f"day {back + 1} of {DAYS} is in")
        conn.execute(
            "INSERT INTO gates (id, name, purpose, legal_basis, cameras)"
            " SELECT DISTINCT gate_id, gate_id, 'p', 'l', '[]'::jsonb FROM transits"
        )
    with database.transaction() as conn:
        listed = Watchlist(id=LIST, name=LIST, priority=Priority.LOW, purpose="benchmark", legal_basis="none")
        save_watchlist(conn, listed)
        texts = {_plate(chance) for _ in range(entries)}
        plates = {f"{text[:4]}*" if number % 100 == 0 else text for number, text in enumerate(sorted(texts))}
        import_entries(conn, LIST, [NewEntry(plate=plate, reason="r") for plate in sorted(plates)])
    with database.transaction() as conn:
        conn.execute("ANALYZE")


def _week(console: Database, match: MatchMode) -> Figures:
    rule = Rule(watchlist_id=LIST, match=match, min_probability=0.05)
    began, slowest, alarms, doubtful, transits = CLOCK.monotonic(), 0.0, 0, 0, 0
    for back in range(DAYS):
        day = START + timedelta(days=back)
        one = CLOCK.monotonic()
        with console.transaction() as conn:
            cost = replay(conn, rule, day, day + timedelta(days=1))
        slowest = max(slowest, CLOCK.monotonic() - one)
        alarms, doubtful, transits = alarms + cost.alarms, doubtful + cost.doubtful, transits + cost.transits
    name = f"preview_{match}"
    seconds = round(CLOCK.monotonic() - began, 2)
    counts: Figures = {f"{name}_alarms": alarms, f"{name}_doubtful": doubtful, "transits": transits}
    return {f"{name}_s": seconds, f"{name}_slowest_day_s": round(slowest, 2), **counts}


def _plate(chance: Random) -> str:
    letters = "".join(chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(4))
    return f"{letters[:2]}{chance.randrange(1000):03d}{letters[2:]}"


if __name__ == "__main__":
    main()
