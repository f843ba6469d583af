# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filter of matches between organisations: a list is compared with what passes a gate where somebody may see both."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from anpr.domain.transit import Transit
from anpr.ingest.store_batch import Match
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Connection
from anpr.store.organisations.rights import watched_hits
from anpr.store.watchlists.matching import Hit


def only_watched(match: Match, clock: Clock, zone: ZoneInfo) -> Match:
    """The same without hits of lists that are not compared with what passes their gate on this local day."""

    def hits(conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
        return watched_hits(conn, match(conn, transits), clock.now().astimezone(zone).date())

    return hits
