# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activity of one gate: transits by hour, and how surely the newest were read; numbers, no plates."""

from dataclasses import dataclass
from datetime import datetime

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

SURE = 0.9
"""Confidence from which a read counts as sure (docs/benchmarks.md)."""
_NEWEST = 500

_SQL = load_queries("gate_activity")


@dataclass(frozen=True, kw_only=True, slots=True)
class HourCount:
    """Transits of one hour (its beginning, UTC): stored, and counted without being kept."""

    hour: datetime
    stored: int
    not_kept: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadCertainty:
    """Of so many transits, the newest, these were read with confidence SURE or more. Of vehicles whose plate was not
    read nothing is stored, so that this is no read rate."""

    transits: int
    sure: int


def transits_per_hour(conn: Connection, gate_id: str, since: datetime, until: datetime) -> list[HourCount]:
    """By hour of UTC within [since, until), oldest first; without the hours in which there were none."""
    values = {"gate_id": gate_id, "since": since, "until": until}
    return [HourCount(**row) for row in conn.execute(_SQL["per_hour"], values)]


def read_certainty(conn: Connection, gate_id: str, since: datetime, until: datetime) -> ReadCertainty:
    """Of the newest stored transits of the gate within [since, until)."""
    values = {"gate_id": gate_id, "since": since, "until": until, "sure": SURE, "limit": _NEWEST}
    row = one_row(conn, _SQL["confidence"], values)
    return ReadCertainty(transits=row["transits"], sure=row["sure"])
