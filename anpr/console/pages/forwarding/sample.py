# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sample record: what a profile makes of an invented transit with drawn images."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from anpr.console.state import Console
from anpr.contract.parsing import sha256_of
from anpr.domain.errors import ForwardError
from anpr.domain.gate import Camera, Direction, Gate
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, Transit
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.schedule import local_day
from anpr.settings import DestinationSettings

SAMPLE_PLATE = "AB123CD"
"""Invented."""
_ID = UUID("019aa2f4-1b00-7000-8000-00000000c0de")
_GATE = Gate(
    id="varco-esempio", name="Varco di esempio", purpose="esempio", legal_basis="esempio",
    latitude=43.88, longitude=11.1, cameras=(Camera(id="telecamera-esempio", url="file:x", bearing_deg=90),),
)  # fmt: skip
DRAWN_IMAGE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
    "q62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AP//Z"
)
"""A grey JPEG of 8 by 8 px: an image that shows nobody."""
MAX_SHOWN = 6000
"""Characters of a file that are shown."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{120,}={0,2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What the sample becomes: names of its files in the order of sending, and the last one's text; or why it does
    not."""

    names: tuple[str, ...] = ()
    text: str = ""
    size: int = 0
    fault: str = ""


def sample_of(console: Console, destination: DestinationSettings, profile: Profile) -> Sample:
    """Lay out the invented transit, as if it had passed an hour ago."""
    at = console.clock.now().replace(microsecond=0) - timedelta(hours=1)
    transit = _transit(profile, at)
    context = Context(
        destination=destination.id,
        municipality=console.settings.municipality,
        day=local_day(at, console.settings.zone),
        number=1,
        created_at=console.clock.now(),
        gates={_GATE.id: _GATE},
        images={(transit.id, rule.role): DRAWN_IMAGE for rule in profile.images},
    )
    try:
        layout = lay_out(profile, [transit], context)
    except ForwardError as exc:
        return Sample(fault=str(exc))
    if not layout.files:
        return Sample(fault="; ".join(layout.rejected.values()))
    names = tuple(file.name for file in layout.files)
    return Sample(names=names, text=shown(profile, layout), size=len(layout.files[-1].data))


def shown(profile: Profile, layout: Layout) -> str:
    """The text of the file of records, without the most of what images make of it."""
    if not layout.files:
        return ""
    text = layout.files[-1].data.decode(profile.encoding.charset, errors="replace")
    text = _BASE64.sub(lambda found: f"{found[0][:40]}… ({len(found[0])})", text)
    return text[:MAX_SHOWN] + ("…" if len(text) > MAX_SHOWN else "")


def _transit(profile: Profile, at: datetime) -> Transit:
    digest, size = sha256_of(DRAWN_IMAGE), len(DRAWN_IMAGE)
    return Transit(
        id=_ID, gate_id=_GATE.id, camera_id=_GATE.cameras[0].id, reader_id="lettore-esempio", captured_at=at,
        first_seen=at - timedelta(milliseconds=400), last_seen=at + timedelta(milliseconds=300), plate=SAMPLE_PLATE,
        raw=SAMPLE_PLATE, confidence=0.97, candidates=(Candidate(text=SAMPLE_PLATE, probability=0.97),), reads=9,
        box=Box(x=260.0, y=220.0, w=120.0, h=28.0), country="IT", direction=Direction.APPROACHING, lane="1",
        images=tuple(ImageRef(role=rule.role, sha256=digest, size=size) for rule in profile.images),
    )  # fmt: skip
