"""When nobody was looking: what a search that found little has to say as well."""

from datetime import datetime, timedelta

from anpr.console.state import Console
from anpr.domain.health import HealthInterval
from anpr.store.health import intervals_between, open_intervals

LEAST = timedelta(seconds=10)
"""Shorter gaps, as when a camera connects, are not shown."""
_ROWS = 30


def gaps(
    console: Console, since: datetime | None, until: datetime | None, gate_ids: tuple[str, ...] = ()
) -> list[HealthInterval]:
    """The newest intervals in which a camera or reader of these gates was not looking; from as far as transits go."""
    oldest = console.clock.now() - timedelta(days=console.settings.retention.transit_days)
    with console.database.transaction() as conn:
        return intervals_between(conn, max(since or oldest, oldest), until, gate_ids, least=LEAST, limit=_ROWS)


def states(console: Console) -> list[HealthInterval]:
    """The present state of each camera and reader."""
    with console.database.transaction() as conn:
        return open_intervals(conn)
