# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the channels do, as the notifier last said: pages of another process and another role read it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from anpr.domain.notification import ChannelKind, SendFault
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("notifications")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelHealth:
    """One channel: whether the site has set it up, since when (UTC) nothing can be sent by it and why, and when the
    notifier last said so."""

    channel: ChannelKind
    is_set_up: bool
    told_at: datetime
    failing_since: datetime | None = None
    reason: str | None = None
    fault: SendFault | None = None

    def is_outdated_by(self, other: "ChannelHealth", after: timedelta) -> bool:
        """Whether `other` says something else, or the same so much later."""
        return other.told_at - self.told_at >= after or replace(other, told_at=self.told_at) != self


def tell_channel(conn: Connection, health: ChannelHealth) -> None:
    """Keep it in place of what was said before."""
    values = {"channel": str(health.channel), "now": health.told_at, "is_set_up": health.is_set_up}
    values |= {"failing_since": health.failing_since, "reason": health.reason}
    conn.execute(_SQL["tell_channel"], {**values, "fault": health.fault and str(health.fault)})


def channel_health(conn: Connection) -> list[ChannelHealth]:
    """Of each channel that a notifier ever told of; empty before the first one ran."""
    return [
        ChannelHealth(
            **{
                **row,
                "channel": ChannelKind(row["channel"]),
                "fault": SendFault(row["fault"]) if row["fault"] else None,
            }
        )
        for row in conn.execute(_SQL["channels"])
    ]
