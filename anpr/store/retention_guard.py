# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guard of retention: it takes the older of two clocks, and refuses to delete more than passed days explain.

A clock that jumps ahead would make everything too old at once. Where this machine's clock and the database's differ,
the older one counts. Where both are one machine's, what passed at the gates tells how many days were really lived.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from anpr.domain.errors import RetentionRefusedError
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.partitions import list_partitions, utc_day
from anpr.store.database.queries import load_queries

ALWAYS_DAYS = 2
"""So many days may go in any case: the one that became too old, and one for a run that came late."""
QUIET = timedelta(days=1)
"""Where nothing passed and no reader reported for so long, a clock may be wrong, or readers are away."""
DIFFERENT = timedelta(minutes=5)
HOW_TO_GO_ON = "compare the clocks; if they are right: anpr db expire --really"
_SQL = load_queries("retention")
log = logging.getLogger(__name__)

DatabaseClock = Callable[[Connection], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionState:
    """When retention last ran (UTC), and since when and why it refuses; None while it does not."""

    ran_at: datetime
    refused_at: datetime | None
    refusal: str | None


def database_now(conn: Connection) -> datetime:
    """The database's clock, UTC."""
    now: datetime = one_row(conn, _SQL["clock"])["now"]
    return now


def older_clock(here: Clock, there: datetime) -> datetime:
    """The older of this machine's time and the database's; says so when they differ."""
    now = here.now()
    if abs(now - there) > DIFFERENT:
        log.warning("this machine's clock says %s and the database's %s: retention takes the older one", now, there)
    return min(now, there)


def refuse_too_much(
    conn: Connection, due: Collection[date], now: datetime, freed: Collection[date] = frozenset(), purpose: str = ""
) -> None:
    """Raises RetentionRefusedError when these UTC days would go and that is not plausible; changes nothing.

    `freed`: days on which a hold has ended since the last run. Any number of them may go. `purpose` (its id) is that of
    the days, and named.
    """
    if not due:
        return
    newest = one_row(conn, _SQL["newest_sign"])["at"]
    if newest is None or now - newest > QUIET:
        last = f"{newest:%Y-%m-%d %H:%M}Z" if newest else "never"
        raise RetentionRefusedError(
            f"retention refuses to drop {len(due)} days: the last transit or reader's report is of {last},"
            f" and the clock says {now:%Y-%m-%d %H:%M}Z; {HOW_TO_GO_ON}"
        )
    of_purpose = f" of purpose {purpose}" if purpose else ""
    allowed = ALWAYS_DAYS + _days_lived(conn, now)
    odd = set(due) - set(freed)
    if len(odd) > allowed:
        raise RetentionRefusedError(
            f"retention refuses to drop {len(odd)} days{of_purpose} at once ({min(odd)} to {max(odd)}):"
            f" since its last run {allowed - ALWAYS_DAYS} days had transits; {HOW_TO_GO_ON}"
        )


def _days_lived(conn: Connection, now: datetime) -> int:
    """Days after that of the last run on which something passed: a clock that jumped over days leaves them empty."""
    ran = utc_day(retention_state(conn).ran_at)
    days = [day for day in list_partitions(conn, "transits") if ran < day <= utc_day(now)]
    return count_of(conn, _SQL["days_lived"], {"days": days})


def retention_state(conn: Connection) -> RetentionState:
    """How retention stands."""
    return RetentionState(**one_row(conn, _SQL["state"]))


def note_run(conn: Connection, at: datetime) -> None:
    """A run was done."""
    conn.execute(_SQL["note_run"], {"at": at})


def note_refusal(conn: Connection, at: datetime, why: str) -> None:
    """A run was refused; the first one's time stays."""
    conn.execute(_SQL["note_refusal"], {"at": at, "why": why})
