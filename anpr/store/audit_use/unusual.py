# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hints at unusual use, counted from the audit whenever somebody asks; no profile of anybody is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from anpr.domain.unusual_use import Hint, PlateSearches, SearchDay, Thresholds, hints
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit_use")


@dataclass(frozen=True, kw_only=True, slots=True)
class UsualUse:
    """What is looked at: the last `days`, held against the `usual_days` before them; night is [from, to) local
    hours."""

    days: int
    usual_days: int
    night_from_h: int
    night_to_h: int
    limits: Thresholds


def unusual_use(conn: Connection, now: datetime, zone: ZoneInfo, usual: UsualUse) -> list[Hint]:
    """The hints that the rows visible to this transaction give: those of one organisation."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=usual.days - 1)
    values = {
        "before": since - timedelta(days=usual.usual_days),
        "since": since,
        "until": now,
        "zone": zone.key,
        "night_from": usual.night_from_h,
        "night_to": usual.night_to_h,
        "days": usual.limits.same_plate_days,
    }
    days = [SearchDay(**row) for row in conn.execute(_SQL["search_days"], values)]
    plates = [PlateSearches(**row) for row in conn.execute(_SQL["plate_searches"], values)]
    return hints(since.date(), days, plates, usual.limits)
