# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn town: whether convoys, common vehicles and cloned plates are found, and how long a vehicle's questions take.

    python -m scripts.benchmarks.town [--quick] [--vehicles N] [--days N] [--convoys N] [--seed N]

A choice that was made on one town is measured on others: `--seed`. The last line is JSON: `convoy_precision` and
`convoy_recall` over all planned convoys (`convoy_members` vehicles that follow), `convoy_first` (share of them that no
other vehicle stands before), `cross_recall`, `clone_found` (share of planned clones), and the medians `vehicle_ms`,
`itinerary_ms`, `convoy_ms` and `cross_ms` in the store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar

import click

from anpr.domain.gate import Gate
from anpr.domain.vehicle.convoy import Companion
from anpr.domain.vehicle.cross import CrossWindow
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.impossible_travel import ImpossibleTravel, impossible_travels
from anpr.domain.vehicle.itinerary import legs_of
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.gates import list_gates
from anpr.store.transits.rows import TransitQuery
from anpr.store.vehicles.common import CrossQuery, common_vehicles
from anpr.store.vehicles.companions import CompanionQuery
from scripts.benchmarks.centre.vehicle_questions import CONVOY_DAYS, convoy, fixes_of_query, vehicle_page
from scripts.benchmarks.common import CLOCK
from scripts.command import Script, finish, log
from scripts.lab.town.fill import fill_town
from scripts.lab.town.life import Robbery, Town, TownSize, Vehicle

T = TypeVar("T")
END = datetime(2026, 11, 21, tzinfo=UTC)
_ORDINARY = 40
"""Vehicles without anything planned, whose companions are all false."""


@dataclass(kw_only=True)
class Timings:
    """Milliseconds by question."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def take(self, name: str, work: Callable[[], T]) -> T:
        """The result of `work`, timed."""
        began = CLOCK.monotonic()
        result = work()
        self.of.setdefault(name, []).append(1000 * (CLOCK.monotonic() - began))
        return result

    def medians(self) -> dict[str, float]:
        """By question."""
        return {name: round(median(values), 1) for name, values in self.of.items()}


class Questions:
    """Asks a store that holds a drawn town."""

    def __init__(self, database: Database, town: Town) -> None:
        self._database, self._town = database, town
        self.timings = Timings()
        with database.transaction() as conn:
            self._gates: dict[str, Gate] = {gate.id: gate for gate in list_gates(conn)}

    def fixes(self, plate: str) -> list[GateFix]:
        """Those of the vehicle page, with its routine and look-alikes, timed as such."""
        return self.timings.take("vehicle_ms", lambda: self._vehicle(plate))

    def itinerary(self, plate: str, day: datetime) -> None:
        """A day's legs."""
        query = TransitQuery(pattern=plate, since=day, until=day + timedelta(days=1))
        self.timings.take("itinerary_ms", lambda: legs_of(self._fixes(query)))

    def companions(self, plate: str, name: str, since: datetime) -> Sequence[Companion]:
        """Who was near it, the least likely by chance first."""
        query = CompanionQuery(plate=plate, since=since, until=self._town.size.end)

        def ask() -> Sequence[Companion]:
            with self._database.transaction() as conn:
                return convoy(conn, query, self._gates).found

        return self.timings.take(name, ask)

    def common(self, robbery: Robbery) -> Sequence[str]:
        """The plates of all its windows but one, which may have been misread, in the answer's order."""
        windows = tuple(
            CrossWindow(gate_ids=(gate,), since=since, until=until) for gate, since, until in robbery.windows
        )
        size = self._town.size
        query = CrossQuery(
            windows=windows,
            least=max(2, len(windows) - 1),
            since=size.start,
            received_until=size.end + timedelta(days=1),
        )

        def ask() -> Sequence[str]:
            with self._database.transaction() as conn:
                return [each.plate for each in common_vehicles(conn, query).found]

        return self.timings.take("cross_ms", ask)

    def _vehicle(self, plate: str) -> list[GateFix]:
        query = TransitQuery(pattern=plate, since=self._town.size.start, until=self._town.size.end)
        with self._database.transaction() as conn:
            return vehicle_page(conn, query, self._gates)

    def _fixes(self, query: TransitQuery) -> list[GateFix]:
        with self._database.transaction() as conn:
            return fixes_of_query(conn, query, self._gates)


def ask_all(questions: Questions, town: Town) -> tuple[dict[str, float], list[str]]:
    """The figures, and what was not found."""
    problems: list[str] = []
    planned = sum(len(members) + 1 for members in town.answers.convoys.values())
    ordinary = town.vehicles[planned + town.size.clones + town.size.robberies :][:_ORDINARY]
    figures = {
        **_convoys(questions, town, ordinary, problems),
        **_cross(questions, town, problems),
        **_clones(questions, town, [vehicle.plate for vehicle in ordinary], problems),
    }
    return {**figures, **questions.timings.medians()}, problems


def _convoys(questions: Questions, town: Town, ordinary: Sequence[Vehicle], problems: list[str]) -> dict[str, float]:
    hits = false = wanted = first = 0
    for leader, members in town.answers.convoys.items():
        ranked = questions.companions(leader, "convoy_whole_ms", town.size.start)
        questions.companions(leader, "convoy_ms", max(town.size.start, town.size.end - CONVOY_DAYS))
        found = _more_than_chance(ranked)
        hits, false, wanted = hits + len(found & members), false + len(found - members), wanted + len(members)
        first += sum(each.plate in members for each in ranked[: len(members)])
        problems += [f"convoy: {plate} is not found" for plate in sorted(members - found)]
    for vehicle in ordinary:
        false += len(_more_than_chance(questions.companions(vehicle.plate, "convoy_whole_ms", town.size.start)))
        questions.itinerary(vehicle.plate, town.size.end - timedelta(days=1))
    return {
        "convoy_members": wanted,
        "convoy_precision": _share(hits, hits + false),
        "convoy_recall": _share(hits, wanted),
        "convoy_first": _share(first, wanted),
        "convoy_false": false,
    }


def _more_than_chance(ranked: Sequence[Companion]) -> frozenset[str]:
    return frozenset(each.plate for each in ranked if each.is_more_than_chance)


def _cross(questions: Questions, town: Town, problems: list[str]) -> dict[str, float]:
    found = [(robbery.plate, list(questions.common(robbery))) for robbery in town.answers.robberies]
    problems += [f"cross: {plate} is not found" for plate, answer in found if plate not in answer]
    return {
        "cross_recall": _share(sum(plate in answer for plate, answer in found), len(found)),
        "cross_first": _share(sum(answer[:1] == [plate] for plate, answer in found), len(found)),
    }


def _clones(questions: Questions, town: Town, ordinary: Sequence[str], problems: list[str]) -> dict[str, float]:
    """A clone counts as found where the two are impossible and both reads are sure."""
    clones = sorted(town.answers.clones)
    found = [plate for plate in clones if any(map(_is_sure, impossible_travels(questions.fixes(plate))))]
    wrong = [plate for plate in ordinary if any(map(_is_sure, impossible_travels(questions.fixes(plate))))]
    problems += [f"clone: {plate} is not found" for plate in clones if plate not in found]
    problems += [f"clone: {plate} is none" for plate in wrong]
    return {"clone_found": _share(len(found), len(clones)), "clone_false": len(wrong)}


def _is_sure(travel: ImpossibleTravel) -> bool:
    return not travel.may_be_misread


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 1.0


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="1,000 vehicles for 7 days.")
@click.option("--vehicles", default=50_000, show_default=True)
@click.option("--days", default=30, show_default=True)
@click.option("--convoys", default=5, show_default=True)
@click.option("--seed", default=19, show_default=True)
def main(*, quick: bool, vehicles: int, days: int, convoys: int, seed: int) -> None:
    """Fill a store of its own, ask, and compare with the known answers."""
    vehicles, days = (1000, 7) if quick else (vehicles, days)
    size = TownSize(vehicles=vehicles, days=days, end=END, convoys=convoys, seed=seed)
    town = Town(size)
    with TemporaryDirectory(prefix="anpr-town-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        with Database(url, pool_size=2, application="benchmark-town") as database:
            began = CLOCK.monotonic()
            rows = fill_town(database, town)
            log(f"town: {rows:,} transits in {CLOCK.monotonic() - began:.0f} s")
            _analyse(database)
            figures, problems = ask_all(Questions(database, town), town)
    finish({"seed": seed, "vehicles": vehicles, "days": days, "rows": rows, **figures}, problems)


def _analyse(database: Database) -> None:
    conn = database.connect(autocommit=True)
    try:
        conn.execute("VACUUM (ANALYZE) transits, plates")
    finally:
        conn.close()


if __name__ == "__main__":
    main()
