# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retro-match: looks for new entries in the transits already stored, once each, a bounded step at a time.

Entries come in the order of their version (migration 5), and how far the search has come is a row that changes with the
alarms in one transaction: a crash repeats a step that left nothing behind. Nothing slips between this and the matching
of new transits. A batch that did not see an entry had announced its storing before the entry was committed, in a
transaction that was not over then; `writers` names those, and once they are over a search sees what they stored. What a
batch discarded is not stored, and no search finds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from anpr.domain.alarm import Sighting
from anpr.store.alarms.raising import JOIN_AFTER_CLOSE, raise_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.partitions import NEWEST
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import from_row
from anpr.store.watchlists.matching import Hit, confirm

_SQL = load_queries("retro")
AS_GOOD_AS_LIVE = timedelta(minutes=1)
"""Before a change of the lists. A transit received since is never held back: its batch may just have missed the
entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetroLimits:
    """Bounds of a step: how much it searches, and how many sightings it may add."""

    per_entry: int
    """Sightings from the past for one entry: of its newest transits."""
    per_change: int
    """Sightings from the past for all entries that came with one change of the lists."""
    entries: int = 5_000
    """Looked for in one step."""
    slice: timedelta = timedelta(hours=1)
    """Capture time of what is looked through for candidates in one step."""
    join_after_close: timedelta = JOIN_AFTER_CLOSE
    """So long after it was settled, an alarm takes further sightings of its vehicle."""
    day: date | None = None
    """The local day that counts for agreements; None: today in UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetroChange:
    """Result of retro-match for one change of the lists, so far."""

    version: int
    changed_at: datetime
    watchlists: tuple[str, ...]
    searched: int
    """Entries."""
    found: int
    """Transits of them that raised no alarm when they were stored."""
    raised: int
    """Sightings; those of one vehicle are in one alarm."""
    held_back: int
    """Transits without a sighting, because there were more than the limits allow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetroStep:
    """Result of one step."""

    version: int
    searched: int = 0
    raised: Sequence[Sighting] = ()
    held_back: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """Entries of one change that a step searches for: version, and entry ids in (after, until]."""

    version: int
    after: int
    until: int
    entries: int = 0
    watchlists: Sequence[str] = ()


def writers(conn: Connection) -> set[str]:
    """Transactions that have stored transits and are not over. Ask when the entries in question are visible."""
    return {row["writer"] for row in conn.execute(_SQL["writers"])}


def pending_entries(conn: Connection) -> int:
    """How many entries are still to be looked for in the past."""
    return count_of(conn, _SQL["pending"])


def retro_changes(conn: Connection, limit: int = 20) -> list[RetroChange]:
    """The latest changes whose entries were looked for, newest first."""
    names = RetroChange.__dataclass_fields__
    rows = conn.execute(_SQL["changes"], {"limit": limit})
    return [RetroChange(**{name: row[name] for name in names}) for row in rows]


def forget_changes(conn: Connection, before: datetime) -> int:
    """Retention: delete the results for changes before this (UTC); returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def retro_step(
    conn: Connection, limits: RetroLimits, since: datetime, now: datetime, until_version: int
) -> RetroStep | None:
    """The next step; None when nothing is left to do up to this version, or another process is at it.

    `since`: the oldest capture time that is looked at. The writers that were there when `until_version` was visible
    must be over. One transaction: alarms come last in it.
    """
    progress = conn.execute(_SQL["progress"]).fetchone()
    if progress is None:
        return None
    if progress["before"] is not None:
        return _search_slice(conn, limits, since, now, progress)
    values = {**progress, "until_version": until_version, "limit": limits.entries}
    row = conn.execute(_SQL["next_round"], values).fetchone()
    if row is None:
        return None
    after = progress["entry_id"] if progress["version"] == row["version"] else 0
    step = _Round(
        version=row["version"],
        after=after,
        until=row["entry_id"],
        entries=row["entries"],
        watchlists=row["watchlists"],
    )
    if row["by_probability"]:
        values = {"version": step.version, "after": after, "until": step.until, "before": now + NEWEST}
        conn.execute(_SQL["open_round"], values)
    else:
        conn.execute(_SQL["advance"], {"version": step.version, "entry_id": step.until})
    return _search(conn, limits, step, "past_plates", {"since": since}, now)


def _search_slice(
    conn: Connection, limits: RetroLimits, since: datetime, now: datetime, progress: dict[str, Any]
) -> RetroStep:
    """One slice of time, the newest first, for candidates."""
    step = _Round(version=progress["version"], after=progress["entry_id"], until=progress["round_until"])
    before = progress["before"]
    begin = max(since, min(before, now) - limits.slice)
    if begin <= since:
        conn.execute(_SQL["advance"], {"version": step.version, "entry_id": step.until})
    else:
        conn.execute(_SQL["move"], {"before": begin})
    return _search(conn, limits, step, "past_candidates", {"since": begin, "before": before}, now)


def _search(
    conn: Connection, limits: RetroLimits, step: _Round, query: str, span: dict[str, datetime], now: datetime
) -> RetroStep:
    change = one_row(conn, _SQL["change"], {"version": step.version})
    recent = change["changed_at"] - AS_GOOD_AS_LIVE
    values = {
        **span,
        "version": step.version,
        "after": step.after,
        "until": step.until,
        "per_entry": limits.per_entry,
        "recent": recent,
        "day": limits.day or now.astimezone(UTC).date(),
    }
    rows = conn.execute(_SQL[query], values).fetchall()
    found = sum({row["entry_id"]: row["transits_found"] for row in rows}.values())
    chosen = _choose(rows, limits, recent, limits.per_change - change["raised"])
    joining = limits.join_after_close
    raised = raise_alarms(conn, _hits(conn, chosen), now, retro=True, join_after_close=joining).sightings
    counts = {"searched": step.entries, "found": found, "raised": len(raised), "held_back": found - len(raised)}
    conn.execute(_SQL["note"], {**counts, "version": step.version, "watchlists": list(step.watchlists)})
    return RetroStep(version=step.version, searched=step.entries, raised=raised, held_back=found - len(raised))


def _choose(rows: list[dict[str, Any]], limits: RetroLimits, recent: datetime, left: int) -> list[dict[str, Any]]:
    """All that is as good as live, and of the rest the newest, as many as are left."""
    live = [row for row in rows if row["received_at"] >= recent]
    past = [row for row in rows if row["received_at"] < recent and row["nth"] + row["raised"] <= limits.per_entry]
    past.sort(key=lambda row: row["captured_at"], reverse=True)
    return live + past[: max(0, left)]


def _hits(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[Hit]:
    """Oldest first, so that the newest has the highest number and is shown on top."""
    confirmed = confirm(conn, {row["entry_id"] for row in rows})
    pairs = [(from_row(row).transit, row["entry_id"]) for row in sorted(rows, key=lambda row: row["captured_at"])]
    return [hit for transit, entry_id in pairs for hit in confirmed.hits(transit, [entry_id])]
