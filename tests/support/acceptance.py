# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acceptance folders made by hand, for tests that count and judge."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from anpr.accept.count.vehicle import CountedVehicle, Lighting
from anpr.accept.folder.records import MotionEvent, RecordedTransit, Side, Site, Still
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.domain.gate import Direction

BEGAN = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
"""08:00 in Rome, ten minutes after sunrise there."""


def at(seconds: float) -> datetime:
    """So long after the session began."""
    return BEGAN + timedelta(seconds=seconds)


def site(**changes: object) -> Site:
    """A site near Florence."""
    values: dict[str, object] = {
        "municipality": "Comune di Prova",
        "gate": "Via Roma",
        "camera": "via-roma-1",
        "time_zone": "Europe/Rome",
        "latitude": 43.8,
        "longitude": 11.5,
    }
    return Site.model_validate(values | changes)


def jpeg(level: int = 90) -> bytes:
    """A grey image of 64 × 48 px."""
    return cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes()


def transit(plate: str, seconds: float, **changes: object) -> RecordedTransit:
    """A transit of two seconds around this time."""
    values: dict[str, object] = {
        "plate": plate,
        "raw": plate,
        "confidence": 0.97,
        "reads": 9,
        "captured_at": at(seconds),
        "first_seen": at(seconds - 1),
        "last_seen": at(seconds + 1),
        "direction": Direction.APPROACHING,
        "plate_image": f"sessions/001/images/{plate}-plate.jpg",
        "context_image": f"sessions/001/images/{plate}-context.jpg",
    }
    return RecordedTransit.model_validate(values | changes)


def vehicle(plate: str | None, seconds: float, **changes: object) -> CountedVehicle:
    """A vehicle counted at this time, from the front, by day."""
    values: dict[str, object] = {
        "row": 2,
        "began": at(seconds),
        "ended": at(seconds),
        "plate": plate,
        "side": Side.FRONT,
        "light": Lighting.DAY,
        "kind": "",
        "event": "",
        "note": "",
    }
    return CountedVehicle(**(values | changes))  # type: ignore[arg-type]


def recorded(
    folder: Path, transits: Sequence[RecordedTransit] = (), events_at: Sequence[float] = (), **facts: object
) -> Workspace:
    """An acceptance folder with one session of ten minutes: these transits, and motion events at these times."""
    workspace = Workspace.create(folder, site(**facts))
    session = workspace.new_session("camera", BEGAN)
    for one in transits:
        session.put_image(Path(one.plate_image).name, jpeg())
        session.put_image(Path(one.context_image).name, jpeg())
        session.add(one)
    for number, seconds in enumerate(events_at, start=1):
        _add_event(session, number, seconds)
    session.save(until=at(600), complete=True, frames=9000)
    return workspace


def _add_event(session: RecordedSession, number: int, seconds: float) -> None:
    label = f"s1m{number:03d}"
    still = Still(at=at(seconds), image=session.put_image(f"{label}-01.jpg", jpeg()))
    session.add(
        MotionEvent(label=label, began=at(seconds - 1), ended=at(seconds + 1), peak=at(seconds), stills=(still,))
    )


def write_count(workspace: Workspace, *rows: str, header: str = "data;ora;targa;lato;veicolo;luce;note;evento") -> None:
    """Write conta.csv: a row a string."""
    workspace.count_path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
