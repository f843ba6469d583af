# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding under faults: a day of transits to a real office, with cuts, kills and a full disk.

    make forward-faults ARGS="[--quick] [--transits 400000] [--cuts 50] [--kills 20] [--way sftp] [--seed 1]"

Real PostgreSQL, `anpr forward run` as a process of its own, OpenSSH, HTTPS with certificates on both sides, and SOAP.
The office refuses one transit of a thousand and puts one off. Afterwards ledger and office must agree record by record:
each transit settled once, nothing accepted that the office did not take, no file changed. One JSON object is the last
line, by way: `seconds`, `runs`, `cuts`, `kills`, `repeats`, `accepted`, `rejected`; status 1 when they disagree.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import yaml

from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.rows import insert_transits
from scripts.benchmarks.common import CLOCK
from scripts.command import Script, finish, log
from scripts.lab.ports import free_ports
from scripts.lab.transits import make_transit
from scripts.reliability.chaos.proxy import Link, Network
from scripts.reliability.forwarding.faults import Schedule
from scripts.reliability.forwarding.office import Office
from scripts.reliability.forwarding.ways import WAYS, Way

_ZONE = ZoneInfo("Europe/Rome")
_PAGE = 5_000
_POLL_S = 0.02
_FULL_S = 3.0
_MOST_RUNS = 500
_QUICK = 4_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what."""

    transits: int
    cuts: int
    kills: int
    seed: int


@click.command(cls=Script, help=__doc__.splitlines()[0])
@click.option("--transits", type=click.IntRange(1_000), default=400_000, show_default=True, help="Of one day.")
@click.option("--cuts", type=click.IntRange(0), default=50, show_default=True, help="Of the connection.")
@click.option("--kills", type=click.IntRange(0), default=20, show_default=True, help="Of the forwarder, with -9.")
@click.option("--way", "ways", type=click.Choice(list(WAYS)), multiple=True, help="Only this; may be repeated [all].")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--quick", is_flag=True, help=f"{_QUICK:,} transits, 5 cuts, 3 kills.")
def main(transits: int, cuts: int, kills: int, ways: tuple[str, ...], seed: int, quick: bool) -> None:
    plan = Plan(transits=transits, cuts=cuts, kills=kills, seed=seed)
    if quick:
        plan = Plan(transits=_QUICK, cuts=5, kills=3, seed=seed)
    figures: dict[str, Any] = {"transits": plan.transits}
    problems: list[str] = []
    for name in ways or tuple(WAYS):
        figures[name], wrong = run_way(name, plan)
        log(f"{name}: {figures[name]}, {wrong or 'ledger and office agree'}")
        problems += [f"{name}: {each}" for each in wrong]
    finish(figures, problems)


def run_way(name: str, plan: Plan) -> tuple[dict[str, Any], list[str]]:
    """A day by this way: its figures, and what is wrong."""
    office, day = Office(), datetime.now(_ZONE).date() - timedelta(days=1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anpr-forward-faults-")))
        folder.chmod(0o755)
        url = stack.enter_context(embedded_database(folder / "postgres", revive=False))
        migrate(url)
        database = stack.enter_context(Database(url, pool_size=1, application="faults"))
        _fill(database, day, plan.transits)
        log(f"{name}: {plan.transits:,} transits are stored")
        (folder / "office").mkdir()
        way = stack.enter_context(WAYS[name](folder / "office", office))
        link = stack.enter_context(Network().running()).link("office", free_ports(1)[0], lambda: way.port)
        settings = _write_settings(folder, url, way, link.port)
        round_ = Round(name=name, plan=plan, office=office, way=way, link=link, settings=settings, day=day)
        round_.run(database)
        return round_.figures, _disagreements(database, office, plan.transits) + round_.missed


def _fill(database: Database, day: date, number: int) -> None:
    since = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
    step = timedelta(hours=22) / number
    for first in range(0, number, _PAGE):
        page = [make_transit(n, captured_at=since + n * step) for n in range(first, min(first + _PAGE, number))]
        with database.transaction() as conn:
            insert_transits(conn, page, datetime.now(_ZONE))


def _write_settings(folder: Path, url: str, way: Way, port: int) -> Path:
    (folder / "profile.yaml").write_text(yaml.safe_dump(dict(way.profile), sort_keys=False), encoding="utf-8")
    destination = {
        "id": "office",
        "profile": str(folder / "profile.yaml"),
        "target": way.target(port),
        "protocol": "test",
        "protocol_until": datetime.now(_ZONE).date() + timedelta(days=2),
    }
    tree = {
        "data_dir": str(folder / "data"),
        "time_zone": str(_ZONE),
        "database": {"url": url},
        "forwarding": [destination],
    }
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return file


@dataclass(kw_only=True)
class Round:
    """One way under faults: the forwarder is started again until the ledger waits for nothing."""

    name: str
    plan: Plan
    office: Office
    way: Way
    link: Link
    settings: Path
    day: date
    runs: int = 0
    seconds: float = 0.0
    schedule: Schedule = field(init=False)
    _process: subprocess.Popen[bytes] | None = None
    _full_until: float | None = None

    def __post_init__(self) -> None:
        numbers = [("cut", self.plan.cuts), ("kill", self.plan.kills), ("full", 1)]
        self.schedule = Schedule.spread(self.plan.transits, numbers, random.Random(self.plan.seed))

    def run(self, database: Database) -> None:
        """Until everything is settled."""
        began = CLOCK.monotonic()
        while self.runs < _MOST_RUNS:
            self.runs += 1
            self._run_once()
            if _waiting(database, self.plan.transits) == 0:
                break
            log(f"{self.name}: run {self.runs}, {self.office.settled:,} settled, {len(self.schedule.done)} faults")
        self.seconds = CLOCK.monotonic() - began

    @property
    def figures(self) -> dict[str, Any]:
        """Of the last line."""
        return {
            "seconds": round(self.seconds, 1),
            "runs": self.runs,
            "cuts": self.schedule.done.count("cut"),
            "kills": self.schedule.done.count("kill"),
            "full": self.schedule.done.count("full"),
            "repeats": self.office.repeats,
            "accepted": len(self.office.accepted),
            "rejected": len(self.office.refused),
        }

    @property
    def missed(self) -> list[str]:
        """Faults that never came."""
        left = len(self.schedule.moments)
        return [f"{left} faults never happened"] if left else []

    def _run_once(self) -> None:
        command = ["-m", "anpr", "--config", str(self.settings), "forward", "run", "--day", self.day.isoformat()]
        with (self.settings.parent / "forward.log").open("ab") as output:
            self._process = subprocess.Popen([sys.executable, *command], stdout=output, stderr=output)
            while self._process.poll() is None:
                self._strike()
                time.sleep(_POLL_S)
        self._strike()

    def _strike(self) -> None:
        if self._full_until is not None and CLOCK.monotonic() > self._full_until:
            self._make_room()
        self.schedule.strike(self.office.settled, {"cut": self.link.reset, "kill": self._kill, "full": self._fill_up})

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _fill_up(self) -> None:
        self._full_until = CLOCK.monotonic() + _FULL_S
        if self.way.disk is None:
            self.office.is_full = True
        else:
            self.way.disk.fill()

    def _make_room(self) -> None:
        self._full_until, self.office.is_full = None, False
        if self.way.disk is not None:
            self.way.disk.restore()


def _states(database: Database) -> Mapping[str, str]:
    with database.transaction() as conn:
        rows = conn.execute("SELECT transit_id, state FROM deliveries WHERE destination = 'office'").fetchall()
    return {str(row["transit_id"]): row["state"] for row in rows}


def _waiting(database: Database, total: int) -> int:
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT count(*) AS number FROM deliveries WHERE state IN ('accepted', 'rejected')"
        ).fetchone()
    assert row is not None
    return total - int(row["number"])


def _disagreements(database: Database, office: Office, total: int) -> list[str]:
    ledger = _states(database)
    accepted = {one for one, state in ledger.items() if state == "accepted"}
    rejected = {one for one, state in ledger.items() if state == "rejected"}
    counts = {
        "transits without an end in the ledger": total - len(accepted) - len(rejected),
        "accepted by the ledger alone": len(accepted - office.accepted.keys()),
        "accepted by the office alone": len(office.accepted.keys() - accepted),
        "rejected by one of them alone": len(rejected ^ office.refused),
        "transits in two files": len(office.doubled),
        "files that came again with other content": len(office.changed),
    }
    return [f"{number} {what}" for what, number in counts.items() if number]


if __name__ == "__main__":
    main()
