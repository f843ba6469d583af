# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deterministic traffic: numbered transits with images; a number gives the same bytes in every process of a run."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from uuid import UUID

import cv2
import numpy as np

from anpr.contract.parsing import sha256_of
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.domain.watchlist import Priority, Watchlist

GATES = 7
LISTED_EVERY = 10
"""Every tenth number carries a plate that is on the watchlist."""
OLD_FROM = 20_000_000
"""Numbers from here on are past retention when they arrive, and not yet deleted."""
RETENTION = timedelta(days=7)
BEHIND = timedelta(hours=3)
"""How long before the run number 0 was captured."""
WATCHLIST = Watchlist(id="wanted", name="wanted", priority=Priority.HIGH, purpose="chaos", legal_basis="none")
READER = "reader-1"
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_SIZES = {ImageRole.PLATE: (800, 2_500), ImageRole.CONTEXT: (4_000, 12_000)}

Images = dict[ImageRole, bytes]


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """All transits of one run. Captured a tenth of a second apart from `start` on, a million at most."""

    seed: int
    start: datetime

    def transit(self, number: int) -> tuple[Transit, Images]:
        """Transit number `number` and its images."""
        images = {role: self.image(number, role) for role in ImageRole}
        refs = tuple(ImageRef(role=role, sha256=sha256_of(data), size=len(data)) for role, data in images.items())
        return replace(self._bare(number), images=refs), images

    def image(self, number: int, role: ImageRole) -> bytes:
        """A JPEG: always the same grey, with a comment of its own."""
        chance = random.Random(f"{self.seed}/{number}/{role}")
        comment = chance.randbytes(chance.randint(*_SIZES[role]))
        grey = _grey()
        return grey[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + grey[2:]

    def id_of(self, number: int) -> UUID:
        """The UUIDv7 with `number` in its random part."""
        milliseconds = int(self._captured(number).timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number)

    def _captured(self, number: int) -> datetime:
        if number < OLD_FROM:
            return self.start + number % 1_000_000 * timedelta(milliseconds=100)
        limit = self.start + BEHIND - RETENTION
        day = datetime.combine(limit.date(), time(), UTC)  # whole days are deleted: this one is still there
        return day + (limit - day) / 2 + (number - OLD_FROM) * timedelta(milliseconds=1)

    def _bare(self, number: int) -> Transit:
        captured, plate = self._captured(number), plate_of(number)
        return Transit(
            id=self.id_of(number),
            gate_id=gate_of(number),
            camera_id=camera_of(number),
            reader_id=READER,
            captured_at=captured,
            first_seen=captured - timedelta(milliseconds=400),
            last_seen=captured + timedelta(milliseconds=300),
            plate=plate,
            raw=plate,
            confidence=0.97,
            candidates=(Candidate(text=plate, probability=0.97),),
            reads=7,
            box=Box(x=100.0, y=200.0, w=120.0, h=30.0),
            country="I",
            lane="1" if has_lane(number) else None,
        )


@cache
def _grey() -> bytes:
    return cv2.imencode(".jpg", np.full((32, 64, 3), 128, np.uint8))[1].tobytes()


def gate_of(number: int) -> str:
    """Where it passed."""
    return f"gate-{number % GATES}"


def camera_of(number: int) -> str:
    """The one camera of its gate."""
    return f"camera-{number % GATES}"


def has_lane(number: int) -> bool:
    """The profile of forwarding rejects a transit that has none."""
    return number % 31 != 13


def number_of(transit_id: UUID) -> int:
    """Which number this id was made for."""
    return transit_id.int & ((1 << 62) - 1)


def is_listed(number: int) -> bool:
    """Whether this transit must raise an alarm."""
    return number % LISTED_EVERY == 0


def plate_of(number: int) -> str:
    """An Italian plate, another one for each number."""
    rest, digits = divmod(number, 1000)
    letters = []
    for _ in range(4):
        rest, index = divmod(rest, len(_LETTERS))
        letters.append(_LETTERS[index])
    return f"{letters[3]}{letters[2]}{digits:03d}{letters[1]}{letters[0]}"
