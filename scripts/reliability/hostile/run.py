# SPDX-License-Identifier: AGPL-3.0-or-later
"""Denial-of-service test: 100,000 hostile messages of one reader may delay no other reader's transit or alarm by 5 s.

    make hostile ARGS="[--quick] [--amount 100000] [--seed 1] [--keep FOLDER]"
    python -m scripts.reliability.hostile.run …

A real Kafka broker, a real PostgreSQL, two `anpr ingest` with default settings, four readers that send twenty transits
a second, and a fifth that writes whatever a login allows. Afterwards retention must run with default settings, and the
one reader must be parked and named. The last line of standard output is one JSON object; the exit status is 1 when
something was lost, late or not as it should be.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import click
import psycopg

from anpr.domain.watchlist import Priority, Watchlist
from anpr.settings import KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.kafka import create_topics
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.kafka import KafkaBroker, ensure_jars
from scripts.lab.ports import free_ports
from scripts.lab.processes import ManagedProcess, keep_running_until, python
from scripts.reliability.chaos.topics import waiting
from scripts.reliability.hostile.flood import READER, FloodOptions
from scripts.reliability.hostile.good_readers import WANTED, GoodReaders, Way

LATE_S = 5.0
QUICK_AMOUNT = 3_000
CALM_S = 10.0
_DRAIN_S = 900.0
_PARTITIONS = 4
_LIST = Watchlist(id="wanted", name="wanted", priority=Priority.HIGH, purpose="test", legal_basis="none")


@dataclass(frozen=True, kw_only=True)
class Site:
    """What runs."""

    folder: Path
    kafka: KafkaSettings
    database_url: str
    ingests: list[ManagedProcess]


@click.command(cls=Script, help=__doc__.splitlines()[0])
@click.option("--amount", type=click.IntRange(1), default=100_000, show_default=True, help="Hostile messages.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--quick", is_flag=True, help=f"{QUICK_AMOUNT:,} messages, about a minute.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave logs and data in."
)
def main(amount: int, seed: int, quick: bool, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="anpr-hostile-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with _site(folder.resolve()) as site:
            figures, problems = run(site, QUICK_AMOUNT if quick else amount, seed)
    finish(figures, problems)


@contextmanager
def _site(folder: Path) -> Iterator[Site]:
    ensure_jars()
    with embedded_database(folder / "postgres", revive=False) as url:
        migrate(url)
        with Database(url, pool_size=1, application="hostile") as database, database.transaction() as conn:
            save_watchlist(conn, _LIST)
            import_entries(conn, _LIST.id, [NewEntry(plate=WANTED, reason="test")])
        broker = KafkaBroker(folder / "kafka")
        broker.start()
        site = Site(
            folder=folder, database_url=url,
            kafka=KafkaSettings(bootstrap=broker.bootstrap, partitions=_PARTITIONS),
            ingests=[_ingest(folder, url, broker.bootstrap, number, port) for number, port in enumerate(free_ports(2))],
        )  # fmt: skip
        create_topics(site.kafka)
        try:
            for process in site.ingests:
                if why_not := process.await_ready(120):
                    raise CannotRunError(f"{process.name} does not start: {why_not}; see its log (--keep)")
            yield site
        finally:
            for process in site.ingests:
                process.kill()
            broker.kill()


def _ingest(folder: Path, url: str, bootstrap: str, number: int, port: int) -> ManagedProcess:
    variables = {
        "DATABASE_URL": url,
        "KAFKA_BOOTSTRAP": bootstrap,
        "ANPR_DATA_DIR": str(folder),
        "ANPR_KAFKA__PARTITIONS": str(_PARTITIONS),
    }
    return ManagedProcess(f"ingest-{number}", folder, lambda: python("-m", "anpr", "ingest"), variables, port)


def run(site: Site, amount: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """Calm, flood, calm; figures and one message per problem."""
    good = GoodReaders(site.kafka, site.database_url)
    with good.working():
        time.sleep(CALM_S)
        log(f"{amount:,} hostile messages")
        sent, flood_s = _flood(site, amount, seed)
        flooded = time.monotonic()
        began = flooded - flood_s
        stuck = not keep_running_until(lambda: waiting(site.kafka) == 0, site.ingests, _DRAIN_S)
        drained = time.monotonic()
        log(f"sent in {flood_s:.0f} s, read by ingest {drained - flooded:.0f} s later")
        time.sleep(CALM_S)
        good.end_sending()
        keep_running_until(lambda: good.missing == 0, site.ingests, _DRAIN_S)
    ways = list(good.ways.values())
    phases = {
        "before": [way for way in ways if way.sent < began],
        "during": [way for way in ways if began <= way.sent < drained],
        "after": [way for way in ways if way.sent >= drained],
    }
    figures: dict[str, Any] = {"hostile": sent, "flood_s": round(flood_s, 1)}
    figures |= {"drained_s": round(drained - flooded, 1), "good": len(ways), "lost": good.missing}
    for name, group in phases.items():
        figures[name] = {"stored": _times(group, "stored"), "raised": _times(group, "raised")}
    figures |= _afterwards(site)
    problems = ["ingest did not read everything"] if stuck else []
    return figures, problems + _problems(figures, site)


def _flood(site: Site, amount: int, seed: int) -> tuple[int, float]:
    """How many, and in how many s; making them before takes a while, in which it is calm."""
    start = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    options = FloodOptions(seed=seed, start=start, amount=amount, bootstrap=site.kafka.bootstrap or "")
    command = python("-m", "scripts.reliability.hostile.flood", json.dumps(asdict(options)))
    count, seconds = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return count, seconds


def _times(ways: Sequence[Way], name: str) -> dict[str, Any]:
    """Seconds from publishing until it was stored, or raised."""
    taken = [getattr(way, name) - way.sent for way in ways if getattr(way, name) is not None]
    if len(taken) < 2:
        return {"n": len(taken)}
    p99 = quantiles(taken, n=100)[98]
    return {"n": len(taken), "p50_s": round(median(taken), 2), "p99_s": round(p99, 2), "max_s": round(max(taken), 2)}


def _afterwards(site: Site) -> dict[str, Any]:
    """What the database holds, whether retention runs, and who is parked."""
    with psycopg.connect(site.database_url, autocommit=True) as conn:
        days = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'transits'::regclass"
        parked = "SELECT sender, refused FROM refused_senders WHERE parked_at IS NOT NULL"
        figures: dict[str, Any] = {
            "days": conn.execute(days).fetchall()[0][0],
            "parked": dict(conn.execute(parked).fetchall()),
            "dead_letters": conn.execute("SELECT count(*) FROM dead_letters").fetchall()[0][0],
            "refused": int(conn.execute("SELECT sum(refused) FROM refused_senders").fetchall()[0][0] or 0),
        }
    command, environment = python("-m", "anpr", "db", "expire"), site.ingests[0].variables
    expire = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return figures | {"expire_status": expire.returncode, "expire_said": expire.stderr.strip()[-200:]}


def _problems(figures: dict[str, Any], site: Site) -> list[str]:
    problems = [f"{figures['lost']} transits were lost or their alarm was"] if figures["lost"] else []
    for phase in ("before", "during", "after"):
        for step, times in figures[phase].items():
            if times.get("max_s", 0.0) > LATE_S:
                problems.append(f"{phase} the flood a transit was {step} after {times['max_s']} s")
    if f"reader/{READER}" not in figures["parked"]:
        problems.append(f"reader/{READER} is not parked")
    problems += [f"{sender} is parked" for sender in figures["parked"] if "good" in sender]
    if figures["expire_status"] != 0:
        problems.append(f"retention failed: {figures['expire_said']}")
    return problems + [crash for process in site.ingests for crash in process.crashes]


if __name__ == "__main__":
    main()
