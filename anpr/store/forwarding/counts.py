# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kept counters of the forwarding ledger, which change with it: what a page shows of a month reads no delivery."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from anpr.domain.delivery import DeliveryState
from anpr.domain.local_time import start_of_day
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries

WITHHELD = "withheld"
"""Beside the states of the ledger: transits that left the database before they were ever queued."""
DAY_STATES = (*(state.value for state in DeliveryState), WITHHELD)
"""What the transits of a day may have become."""
_SQL = load_queries("delivery_counts")

DayCounts = Mapping[date, Mapping[str, int]]
"""How many in each of DAY_STATES, by day; only what is not 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonCount:
    """Deliveries with one reason: how many, and on which days, newest first. `kind` is the reason with its figures as
    N."""

    state: DeliveryState
    kind: str
    days: tuple[tuple[date, int], ...]

    @property
    def number(self) -> int:
        """Of all the days."""
        return sum(number for _, number in self.days)


def count_days(conn: Connection, destinations: Sequence[str], since: date, zone: ZoneInfo) -> Mapping[str, DayCounts]:
    """What became of the transits of each day from `since` on, by destination. Raises StoreError."""
    counts: dict[str, dict[date, dict[str, int]]] = {each: defaultdict(dict) for each in destinations}
    wanted = list(destinations)
    for row in conn.execute(_SQL["by_day"], {"destinations": wanted, "since": since}):
        counts[row["destination"]][row["day"]][row["state"]] = row["number"]
    values = {"destinations": wanted, "since": start_of_day(since, zone), "zone": zone.key}
    for row in conn.execute(_SQL["withheld"], values):
        counts[row["destination"]][row["day"]][WITHHELD] = row["number"]
    return counts


def count_reasons(conn: Connection, destination: str, since: date, until: date, limit: int = 200) -> list[ReasonCount]:
    """Why deliveries were rejected or expired, of the days from `since` to `until`; the most frequent first.

    `limit` counts a reason once for each day that has it.
    """
    values = {"destination": destination, "since": since, "until": until, "limit": limit}
    found: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for row in conn.execute(_SQL["kinds"], values):
        found[row["state"], row["kind"]].append((row["day"], row["number"]))
    counts = [
        ReasonCount(state=DeliveryState(state), kind=kind, days=tuple(days)) for (state, kind), days in found.items()
    ]
    return sorted(counts, key=lambda each: (-each.number, each.kind))


def fold_counts(conn: Connection, destination: str) -> None:
    """Make one row again of the many that a run has added for one count; what it reads as stays the same."""
    conn.execute(_SQL["fold"], {"destination": destination})


def forget_delivery_counts(conn: Connection, before: date) -> None:
    """Forget the days before this, and fold what is left, of all destinations."""
    conn.execute(_SQL["forget"], {"day": before})
    count_of(conn, _SQL["fold_all"], {})
