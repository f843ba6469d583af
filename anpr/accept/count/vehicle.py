# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counted vehicle: a vehicle that a person saw, and the lighting it passed in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.accept.folder.records import Side


class Lighting(StrEnum):
    """Lighting at the time of a vehicle."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedVehicle:
    """One row of the count. Times in UTC: a moment, or the motion event that the row names."""

    row: int
    """Of the sheet, for messages."""
    began: datetime
    ended: datetime
    plate: str | None
    """In its normal form; None when a person could not read it."""
    side: Side | None
    light: Lighting | None
    """Only where the sheet says it."""
    kind: str
    """Of vehicle, as the sheet calls it in lower case; empty where it does not."""
    event: str
    note: str

    @property
    def at(self) -> datetime:
        """The middle of its time."""
        return self.began + (self.ended - self.began) / 2
