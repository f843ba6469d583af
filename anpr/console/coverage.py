# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coverage gaps, shown beside search results: who recorded no transits or saw badly, and which gates kept hits only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.console.state import Console
from anpr.domain.coverage import BlindGate, as_far_as_known, blind_gates
from anpr.domain.health import HealthInterval
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.health.intervals import MIN_GAP, intervals_between, open_intervals
from anpr.store.transits.discarded import NotKept, not_kept

MOST_GAPS = 30
"""Of one answer, the newest; there may be more."""


def oldest_kept(console: Console) -> datetime:
    """Transits captured before this moment (UTC) are deleted, or are about to be, whatever they were read for."""
    return console.clock.now() - timedelta(days=console.settings.retention.longest_days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What a search could not see: the newest gaps, and the gates that did not keep every transit."""

    gaps: list[HealthInterval]
    not_kept: list[NotKept]


def coverage_within(
    conn: Connection, oldest: datetime, since: datetime | None, until: datetime | None, gate_ids: tuple[str, ...] = ()
) -> Coverage:
    """Both of these gates (empty: all) within [since, until), from `oldest` on. Raises StoreError."""
    first = max(since or oldest, oldest)
    return Coverage(
        gaps=intervals_between(conn, first, until, gate_ids, least=MIN_GAP, limit=MOST_GAPS),
        not_kept=not_kept(conn, first, until, gate_ids),
    )


def coverage_gaps(
    console: Console, since: datetime | None, until: datetime | None, gate_ids: tuple[str, ...] = ()
) -> list[HealthInterval]:
    """The newest gaps of cameras and readers of these gates (empty: all) within [since, until).

    Not from before the oldest transits that are kept. Raises StoreError.
    """
    oldest = oldest_kept(console)
    with console.database.transaction() as conn:
        return intervals_between(conn, max(since or oldest, oldest), until, gate_ids, least=MIN_GAP, limit=MOST_GAPS)


def transits_not_kept(
    console: Console, since: datetime | None, until: datetime | None, gate_ids: tuple[str, ...] = ()
) -> list[NotKept]:
    """Gates among these (empty: all) that did not keep every transit within [since, until): there nothing found does
    not mean that nobody passed. Not from before the oldest transits that are kept. Raises StoreError.
    """
    oldest = oldest_kept(console)
    with console.database.transaction() as conn:
        return not_kept(conn, max(since or oldest, oldest), until, gate_ids)


def present_states(console: Console) -> list[HealthInterval]:
    """The present state of each camera and reader; a camera whose reader is away is unverified. Raises StoreError."""
    with console.database.transaction() as conn:
        return as_far_as_known(open_intervals(conn))


def blind_now(console: Console) -> list[BlindGate]:
    """The gates that do not look now, or not with all their cameras, the newest first.

    Those that have not for longer than transits are kept may be gone for good; the status page has them. Raises
    StoreError.
    """
    oldest = oldest_kept(console)
    return [one for one in all_blind(console) if one.since >= oldest]


def all_blind(console: Console) -> list[BlindGate]:
    """The same, however long they have not looked. Raises StoreError."""
    with console.database.transaction() as conn:
        found = blind_gates(open_intervals(conn), list_gates(conn), console.clock.now())
    return sorted(found, key=lambda one: one.since, reverse=True)
