# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deterministic test transits: a number gives always the same one."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.contract.parsing import sha256_of
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
_RECENT = datetime.now(UTC) - timedelta(hours=1)
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


def make_transit(number: int, **changes: Any) -> Transit:
    """Transit number `number`: captured `number` seconds after START, or at the time given, which its id tells too;
    without images."""
    captured = changes.get("captured_at", START + timedelta(seconds=number))
    plate = plate_of(number)
    transit = Transit(
        id=uuid7_of(captured, number),
        gate_id="gate-1",
        camera_id="cam-1",
        reader_id="reader-1",
        captured_at=captured,
        first_seen=captured - timedelta(seconds=0.4),
        last_seen=captured + timedelta(seconds=0.3),
        plate=plate,
        raw=plate,
        confidence=0.97,
        candidates=(Candidate(text=plate, probability=0.97), Candidate(text=f"{plate[:-1]}X", probability=0.02)),
        reads=7,
        box=Box(x=100.0, y=200.0, w=120.0, h=30.0),
        country="I",
        lane="1",
    )
    return replace(transit, **changes)


def make_recent(number: int, **changes: Any) -> Transit:
    """The same, captured within the last hour by the real clock: a process goes by it, and refuses what is older than
    transits are kept. One process makes of a number always the same transit."""
    return make_transit(number, captured_at=_RECENT + timedelta(seconds=number), **changes)


def plate_of(number: int) -> str:
    """An Italian plate: AA000AA for 0, and so on."""
    letters = []
    rest = number // 1000
    for _ in range(4):
        rest, index = divmod(rest, len(_LETTERS))
        letters.append(_LETTERS[index])
    return f"{letters[3]}{letters[2]}{number % 1000:03d}{letters[1]}{letters[0]}"


def uuid7_of(moment: datetime, number: int) -> UUID:
    """The UUIDv7 (RFC 9562) of that time with `number` in its random part."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62) | number)


def picture(number: int, size: int) -> bytes:
    """`size` bytes with the structure of a JPEG of 2 x 1 px; its content is noise."""
    start, end = bytes.fromhex("ffd8 ffc0000b080001000201011100 ffda0008010100003f00"), b"\xff\xd9"
    noise = random.Random(number).randbytes(size - len(start) - len(end))
    return start + noise.replace(b"\xff", b"\xfe") + end


def with_images(transit: Transit, images: Mapping[ImageRole, bytes]) -> tuple[Transit, dict[ImageRole, bytes]]:
    """The transit with references to these images, and the images."""
    refs = tuple(ImageRef(role=role, sha256=sha256_of(data), size=len(data)) for role, data in images.items())
    return replace(transit, images=refs), dict(images)
