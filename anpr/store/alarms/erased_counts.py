# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts of alarms that retention has erased, without plates: by day and kind, gate, outcome or wait, each by itself.

Each day is counted by one thing at a time, so that no row says which gate had which kind, and a sum below LEAST is told
as such and not as a number: few alarms of a known day could be those of a known person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from anpr.store.alarms.statistics import RETENTION
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

LEAST = 5
"""A smaller sum is shown as fewer than this."""
BUCKETS_S = (60, 300, 900, 3600)
"""Longest waits until somebody took an alarm, by which they are counted (s); MORE is longer than the last."""
MORE = "more"
_SQL = load_queries("statistics")


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasedCounts:
    """Sums of a period, by id; None: fewer than LEAST. `waits` by the longest wait of a bucket (s) or MORE."""

    total: int | None
    kinds: Mapping[str, int | None]
    gates: Mapping[str, int | None]
    outcomes: Mapping[str, int | None]
    waits: Mapping[str, int | None]


def count_going(conn: Connection, before: datetime) -> int:
    """Count closed alarms that retention erases in this transaction, which are those with sightings captured before
    this (UTC) alone; returns how many rows were written. Call it before anything is deleted."""
    values = {"before": before, "system": RETENTION, "buckets": list(BUCKETS_S)}
    return conn.execute(_SQL["count_going"], values).rowcount


def erased_counts(conn: Connection, first: date, last: date) -> ErasedCounts | None:
    """Of alarms of the organisation that acts, closed from one day (UTC) to another; None: none were erased."""
    by_what: dict[str, dict[str, int | None]] = {}
    for row in conn.execute(_SQL["erased"], {"first": first, "last": last}):
        by_what.setdefault(row["what"], {})[row["item"]] = int(row["count"]) if row["count"] >= LEAST else None
    if not by_what:
        return None
    waits = by_what.get("take", {})
    order = [*map(str, BUCKETS_S), MORE]
    return ErasedCounts(
        total=by_what.get("all", {}).get(""),
        kinds=by_what.get("kind", {}),
        gates=by_what.get("gate", {}),
        outcomes=by_what.get("outcome", {}),
        waits={each: waits[each] for each in order if each in waits},
    )


def forget_counts_before(conn: Connection, before: date) -> int:
    """Retention: forget counts of days before this; returns how many."""
    return conn.execute(_SQL["forget_counts"], {"before": before}).rowcount
