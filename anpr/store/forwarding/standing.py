# SPDX-License-Identifier: AGPL-3.0-or-later
"""Standing of destinations as the forwarder told it: stage of the profile, what is refused, and live forwarding."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from anpr.domain.delivery import LiveState
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

SILENT_AFTER = timedelta(seconds=90)
"""A state is told anew every ten seconds; a file may take a minute."""
_SQL = load_queries("live_forwarding")


@dataclass(frozen=True, kw_only=True, slots=True)
class StageStanding:
    """How far the profile has come, and whether anything is sent: the stage with office, date and document.

    `refusal` says why nothing is sent, `refused_for` whether for the agreement or the stage; `despite_reason` why it is
    sent below `tested`, until the day `despite_until`.
    """

    profile: str
    stage: str
    office: str | None
    stage_date: date | None
    document: str | None
    refusal: str | None
    refused_for: str | None
    despite_reason: str | None
    despite_until: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveStanding:
    """Live forwarding of a destination. Moments are UTC; `p50_s` and `p95_s` are seconds from store to acceptance of
    the `delivered` transits of the last quarter of an hour; `next_at` is the next try after a failure."""

    state: LiveState
    since: datetime
    seen_at: datetime
    next_at: datetime | None
    error: str | None
    delivered: int
    p50_s: float | None
    p95_s: float | None

    def is_silent(self, now: datetime) -> bool:
        """Whether the forwarder should have told more by now."""
        return (
            self.state is not LiveState.STOPPED and now - max(self.seen_at, self.next_at or self.seen_at) > SILENT_AFTER
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationStanding:
    """What the forwarder has told of a destination: `stage` is None from before it told it, `live` where it is off."""

    id: str
    organisation_id: str
    told_at: datetime
    stage: StageStanding | None
    live: LiveStanding | None


def tell_stage(conn: Connection, destination: str, stage: StageStanding, *, is_live: bool) -> None:
    """Note it; the destination is there already."""
    conn.execute(_SQL["tell_standing"], {"id": destination, "is_live": is_live, **asdict(stage)})


def note_live(conn: Connection, destination: str, live: LiveStanding) -> None:
    """Note how live forwarding stands."""
    conn.execute(_SQL["note_live"], {"id": destination, **asdict(live)})


def destination_standings(conn: Connection) -> dict[str, DestinationStanding]:
    """By id; of the console's role, those of its organisation."""
    return {row["id"]: _from_row(row) for row in conn.execute(_SQL["standings"])}


def _from_row(row: dict[str, Any]) -> DestinationStanding:
    return DestinationStanding(
        id=row["id"],
        organisation_id=row["organisation_id"],
        told_at=row["told_at"],
        stage=_stage(row) if row["stage"] is not None else None,
        live=_live(row) if row["live_state"] is not None else None,
    )


def _stage(row: dict[str, Any]) -> StageStanding:
    return StageStanding(**{name: row[name] for name in StageStanding.__dataclass_fields__})


def _live(row: dict[str, Any]) -> LiveStanding:
    values = {name: row[f"live_{name}"] for name in LiveStanding.__dataclass_fields__}
    return LiveStanding(**{**values, "state": LiveState(values["state"])})
