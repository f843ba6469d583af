"""Retention: whole days of transits and pictures are dropped, and what refers to them is forgotten."""

from dataclasses import dataclass
from datetime import date, datetime

from anpr.store.database import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """What was dropped: days of transits and of picture rows; plates, deliveries and dead letters by number."""

    transit_days: tuple[date, ...]
    image_days: tuple[date, ...]
    plates: int
    deliveries: int
    dead_letters: int


def drop_expired(conn: Connection, before: datetime, at: datetime) -> Expired:
    """Drop every UTC day that ended at or before `before`, with an audit row (without plates) by the actor `retention`.

    The picture files are the ImageStore's to drop (`drop_days`), after this has committed.
    """
    raise NotImplementedError
