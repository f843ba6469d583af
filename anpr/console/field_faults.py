# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with a field of a form, as a message; and how times, plates and odd characters are checked there."""

import unicodedata
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.console.fields import has_controls
from anpr.domain.local_time import FIRST_YEAR, LAST_YEAR, TimeFault, TimeTextError, parse_moment
from anpr.domain.partial_plate import MAX_RUNS, MIN_KNOWN
from anpr.domain.plate import MAX_LENGTH, PlateError, PlateFault, normalise
from anpr.domain.search_reason import MIN_LETTERS, is_reason

_SCRIPTS = {"CYRILLIC": "search.cyrillic_character", "GREEK": "search.greek_character"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldFault:
    """What is wrong with a field: the key of a message, and the values in it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


Faults = MutableMapping[str, FieldFault]
"""By the name of the field."""


def refuse_odd(faults: Faults, name: str, values: Sequence[str], most: int) -> None:
    """What nobody types: control characters, and texts without end."""
    if any(has_controls(value) for value in values):
        faults[name] = FieldFault(key="search.control_character")
    elif any(len(value) > most for value in values):
        faults[name] = FieldFault(key="search.too_long", values={"most": most})


def read_moment(faults: Faults, name: str, text: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime | None:
    """The moment (UTC) that the text stands for; None when it is empty, or wrong."""
    if not text.strip():
        return None
    try:
        return parse_moment(text, zone, is_end=is_end)
    except TimeTextError as exc:
        is_year = exc.fault is TimeFault.WRONG_YEAR
        values = {"first": FIRST_YEAR, "last": LAST_YEAR} if is_year else {}
        faults[name] = FieldFault(key="search.wrong_year" if is_year else "search.wrong_time", values=values)
        return None


def read_plate(faults: Faults, name: str, text: str) -> str | None:
    """The plate in its normal form; None when it is empty, or wrong."""
    if not text.strip():
        return None
    try:
        return normalise(text)
    except PlateError as exc:
        faults[name] = fault_of_plate(exc)
        return None


def check_reason_field(faults: Faults, name: str, text: str) -> None:
    """A reason that says nothing is none."""
    if not is_reason(text):
        faults[name] = FieldFault(key="search.wrong_reason", values={"least": MIN_LETTERS})


def character_fault(character: str) -> FieldFault:
    """A character that no plate carries."""
    values = {"character": _shown(character), "code": f"U+{ord(character):04X}"}
    script = unicodedata.name(character, "").split(" ")[0]
    return FieldFault(key=_SCRIPTS.get(script, "search.foreign_character"), values=values)


def fault_of_plate(exc: PlateError) -> FieldFault:
    """Why a text is no plate."""
    if exc.fault is PlateFault.FOREIGN_CHARACTER:
        return character_fault(exc.character)
    if exc.fault is PlateFault.TOO_LONG:
        return FieldFault(key="search.plate_too-long", values={"most": MAX_LENGTH})
    if exc.fault is PlateFault.TOO_OPEN:
        return FieldFault(key="watchlists.too_open", values={"least": MIN_KNOWN, "most": MAX_RUNS})
    return FieldFault(key="search.plate_empty")


def _shown(character: str) -> str:
    """The character as a page can show it: on a circle of dots when it would join the one before, or be invisible."""
    return (
        f"\u25cc{character}" if unicodedata.combining(character) else character if character.isprintable() else "\u25cc"
    )
