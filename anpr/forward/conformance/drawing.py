# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn transits of a conformance run: invented plates and images, and identities of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from anpr.contract.parsing import sha256_of
from anpr.domain.gate import Direction, Gate
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.images import draw_image
from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.model import Profile
from anpr.forward.schedule import local_day

_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
DRAWN_GATE = Gate(
    id="prova-1",
    name="Varco di prova",
    purpose="prova di conformità",
    legal_basis="nessuna: dati inventati",
    latitude=41.890210,
    longitude=12.492231,
)
"""Where no gate of the site is named."""


@dataclass(frozen=True)
class DrawnRecord:
    """One record: the transit, the gate that it names (None: unknown at the centre), and its images."""

    transit: Transit
    gate: Gate | None
    images: Mapping[ImageRole, bytes]


class Drawing:
    """Draws the records of one run. `now` is its moment (UTC): identities and days are derived from it."""

    def __init__(self, profile: Profile, now: datetime, gate: Gate = DRAWN_GATE) -> None:
        self.profile = profile
        self.now = now
        self.gate = replace(gate, id=self.known("gate.id", gate.id))
        self._run = int(now.timestamp() * 1000) & (2**40 - 1)
        self._drawn = 0

    @property
    def noon(self) -> datetime:
        """Yesterday at 12:00 in the profile's time zone: when a record is captured that is not about time."""
        return self.at(time(12))

    def at(self, moment: time, days_ago: int = 1) -> datetime:
        """That time of a day before this one in the profile's time zone."""
        day = local_day(self.now, self.profile.zone) - timedelta(days=days_ago)
        return datetime.combine(day, moment, self.profile.zone)

    def fields_of(self, source: str) -> list[FieldRule]:
        """The profile's fields that are filled from this source."""
        return [rule for rule in self.profile.fields if rule.source == source]

    def requires(self, source: str) -> bool:
        """Whether a record without it is rejected."""
        return any(rule.required for rule in self.fields_of(source))

    def codes(self, source: str) -> dict[str, str]:
        """The code table of this source, without what stands for everything else; empty when there is none."""
        names = [rule.codes for rule in self.fields_of(source) if rule.codes is not None]
        table = self.profile.code_tables[names[0]] if names else {}
        return {value: code for value, code in table.items() if value != "*"}

    def known(self, source: str, usual: str) -> str:
        """A value that the profile can write: the usual one, or else the first that has a code."""
        codes = self.codes(source)
        return usual if not codes or usual in codes else next(iter(codes))

    def record(
        self, at: datetime | None = None, gate: Gate | None = None, changes: Mapping[str, Any] | None = None
    ) -> DrawnRecord:
        """A record with everything that is optional, and with those images that the profile requires; `changes` are of
        its transit."""
        where = gate or self.gate
        transit = self._transit(at or self.noon, where, changes or {})
        required = [rule.role for rule in self.profile.images if rule.required]
        return self.with_images(
            DrawnRecord(transit, where, {}), {role: self.image(role, transit.plate) for role in required}
        )

    def image(self, role: ImageRole, plate: str) -> bytes:
        """An image of this role within the profile's limits (JPEG)."""
        return draw_image(role, plate, self.profile.image(role))

    def with_images(self, drawn: DrawnRecord, images: Mapping[ImageRole, bytes]) -> DrawnRecord:
        """The record with these images beside those that it has."""
        both = {**drawn.images, **images}
        refs = tuple(ImageRef(role=role, sha256=sha256_of(data), size=len(data)) for role, data in both.items())
        return DrawnRecord(replace(drawn.transit, images=refs), drawn.gate, both)

    def case(self, id: str, title: str, what: str, records: Sequence[DrawnRecord], **more: Any) -> ConformanceCase:
        """A case of these records, that are accepted unless `more` says otherwise."""
        at = records[0].transit.captured_at if records else self.noon
        images = {(each.transit.id, role): data for each in records for role, data in each.images.items()}
        values: dict[str, Any] = {
            "expected": ExpectedOutcome.ACCEPTED,
            "day": local_day(at, self.profile.zone),
            "transits": tuple(each.transit for each in records),
            "gates": {each.gate.id: each.gate for each in records if each.gate is not None},
            "images": images,
        }
        return ConformanceCase(id=id, title=title, what=what, **(values | more))

    def without(self, id: str, title: str, why: str) -> ConformanceCase:
        """A case that this profile has no place for."""
        return self.case(id, title, why, (), expected=ExpectedOutcome.NOT_APPLICABLE)

    def _transit(self, at: datetime, gate: Gate, changes: Mapping[str, Any]) -> Transit:
        plate = self._plate()
        values: dict[str, Any] = {
            "id": self._identity(at),
            "gate_id": gate.id,
            "camera_id": self.known("camera.id", gate.cameras[0].id if gate.cameras else "telecamera-prova"),
            "reader_id": self.known("reader.id", "lettore-prova"),
            "captured_at": at,
            "first_seen": at - timedelta(seconds=0.4),
            "last_seen": at + timedelta(seconds=0.3),
            "plate": plate,
            "raw": plate,
            "confidence": 0.97,
            "candidates": (Candidate(text=plate, probability=0.97),),
            "reads": 7,
            "box": Box(x=100.0, y=200.0, w=120.0, h=30.0),
            "country": self.known("country", "I"),
            "direction": Direction(self.known("direction", Direction.APPROACHING)),
            "lane": self.known("lane", "1"),
        }
        return Transit(**{**values, **changes})

    def _identity(self, at: datetime) -> UUID:
        """A UUIDv7 (RFC 9562) of the capture, with run and number where others have chance."""
        milliseconds = int(at.timestamp() * 1000)
        return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62) | (self._run << 20) | self._drawn)

    def _plate(self) -> str:
        """ZZ000ZA and on: of Italian form, at the end of the series."""
        self._drawn += 1
        above, number = divmod(self._drawn, 1000)
        return f"ZZ{number:03d}Z{_LETTERS[above % len(_LETTERS)]}"
