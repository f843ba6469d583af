# SPDX-License-Identifier: AGPL-3.0-or-later
"""Senders of refused messages: counts them by the hour, parks those with too many, limits what is kept of each.

Parking holds nothing back that follows the contract: whoever forges an innocent reader's name makes a line on the
status page, and costs that reader none of its transits. Names that the centre does not know share one row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.partitions import utc_day
from anpr.store.database.queries import load_queries

UNKNOWN = ""
"""The sender of all messages that name nobody the centre knows."""
WINDOW = timedelta(hours=1)
"""Refused messages are counted over so long; a parked sender is free again after as long without one."""
MOST_NAMED = 500
_SHARES = 10
_SQL = load_queries("refused_senders")


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterLimits:
    """What is kept of one sender in one UTC day, and how many refused messages within WINDOW park it. All senders
    together may use ten times as much."""

    park_after: int = 100
    letters: int = 1_000
    bytes: int = 10_000_000


@dataclass(kw_only=True, slots=True)
class RefusedSender:
    """One sender: `refused` messages since `since`; of those of `day`, `kept` ones and those `not_kept`."""

    sender: str
    since: datetime
    refused: int
    last_at: datetime
    last_reason: str
    parked_at: datetime | None
    day: date
    kept: int
    kept_bytes: int
    not_kept: int

    def begin(self, now: datetime) -> None:
        """Forget what is over: the hour, the day, and the parking after an hour without a refused message."""
        if now - self.last_at > WINDOW:
            self.parked_at = None
        if now - self.since > WINDOW:
            self.since, self.refused = now, 0
        if self.day != utc_day(now):
            self.day, self.kept, self.kept_bytes, self.not_kept = utc_day(now), 0, 0, 0

    def count(self, reason: str, now: datetime, limits: LetterLimits) -> None:
        """One more was refused."""
        self.refused += 1
        self.last_at, self.last_reason = max(self.last_at, now), reason
        if self.parked_at is None and self.refused > limits.park_after:
            self.parked_at = now


@dataclass(kw_only=True, slots=True)
class LetterRoom:
    """What may still be kept today. Rows of its senders are locked until the transaction ends."""

    senders: dict[str, RefusedSender]
    limits: LetterLimits
    letters: int
    bytes: int

    def take(self, sender: str, size: int) -> bool:
        """Whether a letter of `size` bytes may be kept; counts it either way."""
        one = self.senders[sender]
        fits = (
            one.kept < self.limits.letters
            and one.kept_bytes + size <= self.limits.bytes
            and self.letters >= 1
            and self.bytes >= size
        )
        if not fits:
            one.not_kept += 1
            return False
        one.kept += 1
        one.kept_bytes += size
        self.letters -= 1
        self.bytes -= size
        return True


def known_senders(conn: Connection, senders: Iterable[str]) -> set[str]:
    """Those that the centre knows and counts apart."""
    values = {"senders": sorted(set(senders)), "most": MOST_NAMED}
    return {row["sender"] for row in conn.execute(_SQL["known"], values)}


def open_room(conn: Connection, senders: Iterable[str], now: datetime, limits: LetterLimits) -> LetterRoom:
    """Lock these senders' rows, made where missing, in their order."""
    names = sorted(set(senders))
    conn.execute(_SQL["add"], {"senders": names, "now": now, "day": utc_day(now)})
    rows = conn.execute(_SQL["lock"], {"senders": names})
    found = {row["sender"]: RefusedSender(**row) for row in rows}
    for one in found.values():
        one.begin(now)
    kept = one_row(conn, _SQL["kept_of_day"], {"day": utc_day(now)})
    return LetterRoom(
        senders=found,
        limits=limits,
        letters=_SHARES * limits.letters - kept["kept"],
        bytes=_SHARES * limits.bytes - kept["kept_bytes"],
    )


def save_room(conn: Connection, room: LetterRoom) -> None:
    """Write what was counted."""
    for one in room.senders.values():
        conn.execute(_SQL["update"], {each.name: getattr(one, each.name) for each in fields(one)})


def parked_senders(conn: Connection, now: datetime) -> list[RefusedSender]:
    """Those with too many refused messages, until an hour after the last one."""
    rows = conn.execute(_SQL["parked"], {"since": now - WINDOW})
    return [RefusedSender(**row) for row in rows]


def forget_senders(conn: Connection, before: datetime) -> int:
    """Retention: forget those whose last refused message came before this; returns how many."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount
