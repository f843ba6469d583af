# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the notifier reads of proposals of lists: that they wait, and until when. No plate, reason or file."""

from dataclasses import dataclass
from datetime import datetime

from anpr.domain.notification import ChannelKind
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

STEP_LIMIT = 500
"""Rows that are planned in one transaction."""
_SQL = load_queries("notifications")


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingProposal:
    """A proposal that somebody has to decide (times in UTC). `urgent_until`: its entry counts until then meanwhile."""

    id: int
    watchlist_id: str
    kind: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    urgent_until: datetime | None


def enter_proposals(conn: Connection, now: datetime, since: datetime) -> list[ChannelKind]:
    """Give each open proposal made after `since` a row for each recipient who is told of them, unless there is one;
    returns the channels of up to STEP_LIMIT new rows."""
    rows = conn.execute(_SQL["enter_proposals"], {"now": now, "since": since, "limit": STEP_LIMIT})
    return [ChannelKind(row["channel"]) for row in rows]


def withdraw_proposals(conn: Connection, now: datetime) -> list[ChannelKind]:
    """Take out what waits for proposals that are settled; returns the channels of these rows."""
    return [ChannelKind(row["channel"]) for row in conn.execute(_SQL["withdraw_proposals"], {"now": now})]


def waiting_proposal(conn: Connection, number: int, now: datetime) -> WaitingProposal | None:
    """The proposal while it can be decided; None afterwards."""
    row = conn.execute(_SQL["proposal"], {"id": number, "now": now}).fetchone()
    return WaitingProposal(**row) if row else None
