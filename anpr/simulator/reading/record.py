# SPDX-License-Identifier: AGPL-3.0-or-later
"""Received record: the texts of one transit by the profile's field names, and what its main ones are."""

from collections.abc import Mapping
from dataclasses import dataclass

from anpr.forward.profile.model import Profile

Values = Mapping[str, str]
"""Texts by field name; fields that are not there are left out."""
PICTURE_SOURCES = ("image.plate.base64", "image.context.base64")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedRecord:
    """One transit as the office reads it; texts as written, empty where there is none."""

    number: int
    """Its place in the file, from 1."""
    id: str
    plate: str
    captured_at: str
    gate: str
    values: Values


def make_record(profile: Profile, number: int, values: Values) -> ReceivedRecord:
    """The record; the profile says by its sources which field holds what."""

    def of(*sources: str) -> str:
        return next(
            (values[rule.name] for rule in profile.fields if rule.source in sources and rule.name in values), ""
        )

    return ReceivedRecord(
        number=number,
        id=of("transit.id"),
        plate=of("plate", "raw"),
        captured_at=of("captured_at", "first_seen"),
        gate=of("gate.name") or of("gate.id"),
        values=values,
    )


def picture_fields(profile: Profile) -> tuple[str, ...]:
    """Names of the fields that hold a picture in base64."""
    return tuple(rule.name for rule in profile.fields if rule.source in PICTURE_SOURCES)
