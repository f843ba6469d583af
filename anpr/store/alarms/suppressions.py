# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suppressions: for a time a vehicle raises no alarm at a gate; its transits and sightings are stored as ever.

Only for the entries that the alarm named: another entry, or one that was edited since, says something that nobody has
decided about, and raises an alarm.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.alarm import AlarmEventKind, Sighting, Suppression
from anpr.domain.errors import InputError
from anpr.store.alarms.changing import change, existing, refusal
from anpr.store.alarms.rows import sighting_from_row
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

LONGEST = timedelta(days=7)
"""Who wants more takes the vehicle off the list."""
MOST = 500
_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedSuppression:
    """A suppression, whether it holds, how many sightings it has kept from being an alarm and when the last one was
    captured (UTC)."""

    suppression: Suppression
    holds: bool
    count: int
    newest: datetime | None


def suppress(  # noqa: PLR0913, PLR0917  one parameter for each thing that is said
    conn: Connection, alarm_id: int, by: str, at: datetime, until: datetime, reason: str, gate_id: str | None
) -> Suppression:
    """From `at` until `until` what passes of the alarm's vehicle raises no alarm of its organisation, at this gate or
    (None) at any, by the entries that the alarm names now. The alarm itself stays as it is.

    Raises InputError without a reason, for more than LONGEST, or when there is no such open alarm. The transaction acts
    for the alarm's organisation.
    """
    if not reason.strip():
        raise InputError(f"alarm {alarm_id}: a reason is needed")
    if not at < until <= at + LONGEST:
        raise InputError(f"alarm {alarm_id}: a suppression ends within {LONGEST.days} days")
    detail = {"until": until.isoformat()}
    values = {"id": alarm_id, "by": by, "at": at}
    alarm = change(conn, "touch", values, AlarmEventKind.SUPPRESSED, reason, detail)
    if alarm is None:
        raise refusal(existing(conn, alarm_id), by)
    said = {
        "alarm": alarm.id,
        "vehicle": alarm.vehicle,
        "gate": gate_id,
        "at": at,
        "until": until,
        "by": by,
        "reason": reason,
    }
    return _from_row(one_row(conn, _SQL["suppress"], said))


def unsuppress(conn: Connection, number: int, by: str, at: datetime) -> Suppression:
    """End it before its time. Raises InputError when there is none that holds."""
    row = conn.execute(_SQL["lift"], {"id": number, "by": by, "at": at}).fetchone()
    if row is None:
        raise InputError(f"suppression {number}: there is none, or it is over")
    return _from_row(row)


def list_suppressions(conn: Connection, at: datetime) -> list[Suppression]:
    """Those that are not over at this moment, the first to end first; MOST at most."""
    return [_from_row(row) for row in conn.execute(_SQL["suppressions"], {"at": at, "limit": MOST})]


def counted_suppressions(conn: Connection, at: datetime, since: datetime) -> list[CountedSuppression]:
    """Those that hold at `at`, the first to end first, then those that ended after `since` (UTC); MOST at most."""
    rows = conn.execute(_SQL["counted_suppressions"], {"at": at, "since": since, "limit": MOST})
    return [
        CountedSuppression(
            suppression=_from_row(row),
            holds=row["lifted_at"] is None and row["until"] > at,
            count=row["count"],
            newest=row["newest"],
        )
        for row in rows
    ]


def suppressed_sightings(conn: Connection, vehicle: str, limit: int) -> list[Sighting]:
    """Sightings of the vehicle that raised no alarm of the organisation that acts, the newest first."""
    rows = conn.execute(_SQL["suppressed_of_vehicle"], {"vehicle": vehicle, "limit": limit})
    return [sighting_from_row(row) for row in rows]


def forget_suppressions(conn: Connection, before: datetime) -> int:
    """Retention: forget those that were over before this (UTC) and that no sighting names; returns how many."""
    return conn.execute(_SQL["forget_suppressions"], {"before": before}).rowcount


def _from_row(row: dict[str, Any]) -> Suppression:
    return Suppression(**{name: row[name] for name in Suppression.__dataclass_fields__})
