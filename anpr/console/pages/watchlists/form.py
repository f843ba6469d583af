# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of lists and entries: fields as they were sent, what they mean at the site, and what is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Path
from pydantic import BaseModel

from anpr.console.field_faults import (
    Faults,
    FieldFault,
    check_reason_field,
    fault_of_plate,
    read_moment,
    refuse_odd,
)
from anpr.domain.plate import PlateError
from anpr.domain.plate_spelling import SpelledPlate, respell, respell_listed
from anpr.domain.search_reason import MAX_REASON
from anpr.domain.watchlist import MOST_HOURS, MOST_URGENT_HOURS, ListKind, MatchMode, Priority, Watchlist
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.lists import is_watchlist_id

ListId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Number = Annotated[int, Path(ge=1, lt=2**63)]
MOST_TEXT = 500
_MOST_ENTRY = MappingProxyType(
    {"plate": 40, "text": MOST_TEXT, "since": 40, "until": 40, "reason": MAX_REASON, "instructions": MOST_TEXT}
)
_MOST_WORDS = MappingProxyType(
    {"id": 64, "name": 200, "purpose": MOST_TEXT, "legal_basis": MOST_TEXT, "instructions": MOST_TEXT}
)
_MOST_CHOICES = MappingProxyType(
    {"kind": 20, "priority": 20, "match": 20, "share": 10, "until": 40, "hours": 10, "urgent_hours": 10, "seen": 64}
)
_MOST_LIST = MappingProxyType({**_MOST_WORDS, **_MOST_CHOICES, "reason": MAX_REASON})


class EntryFields(BaseModel):
    """The form of an entry as it was sent. `text` is why the plate is looked for, `reason` why it is changed."""

    plate: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    instructions: str = ""
    reason: str = ""
    urgent: bool = False
    """Whether it is to count at once, on a list that demands a second person."""
    seen: str = ""
    """The version of the entry that the form was made of."""


class ListFields(BaseModel):
    """The form of a list as it was sent. `share` is a percentage, `hours` empty where the list does not grow old."""

    id: str = ""
    name: str = ""
    kind: str = ListKind.LOCAL.value
    priority: str = Priority.MEDIUM.value
    purpose: str = ""
    legal_basis: str = ""
    match: str = MatchMode.EXACT.value
    share: str = "50"
    until: str = ""
    hours: str = ""
    instructions: str = ""
    second_person: bool = False
    urgent_hours: str = ""
    reason: str = ""
    seen: str = ""
    """The version of the settings that the form was made of."""


@dataclass(slots=True)
class CheckedEntry:
    """What the fields mean (times in UTC; None where something is wrong), and what is wrong with them, by field."""

    entry: NewEntry | None = None
    is_respelled: bool = False
    faults: dict[str, FieldFault] = field(default_factory=dict)


def check_new_entry(fields: EntryFields, zone: ZoneInfo) -> CheckedEntry:
    """An entry with its plate."""
    checked = CheckedEntry()
    if not _refused(checked.faults, fields, _MOST_ENTRY):
        plate, checked.is_respelled = read_respelled(checked.faults, "plate", fields.plate, respell_listed)
        _check_entry(checked, fields, zone, plate or "")
    return checked


def check_entry_change(fields: EntryFields, zone: ZoneInfo) -> CheckedEntry:
    """Another reason or validity, and why; the plate of what comes out is empty."""
    checked = CheckedEntry()
    if not _refused(checked.faults, fields, _MOST_ENTRY):
        check_reason_field(checked.faults, "reason", fields.reason)
        _check_entry(checked, fields, zone, "")
    return checked


def _check_entry(checked: CheckedEntry, fields: EntryFields, zone: ZoneInfo, plate: str) -> None:
    faults = checked.faults
    if not fields.text.strip():
        faults["text"] = FieldFault(key="watchlists.no_text")
    since, until = read_validity(faults, fields.since, fields.until, zone)
    if not faults:
        checked.entry = NewEntry(plate=plate, reason=fields.text.strip(), valid_from=since, valid_to=until,
                                 instructions=fields.instructions.strip() or None)  # fmt: skip


def read_validity(faults: Faults, since: str, until: str, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """[since, until) in UTC; None: without a start, without an end. A day alone as the end is included."""
    starts, ends = read_moment(faults, "since", since, zone), read_moment(faults, "until", until, zone, is_end=True)
    if starts and ends and starts >= ends:
        faults["until"] = FieldFault(key="search.wrong_order")
    return starts, ends


def read_respelled(
    faults: Faults, name: str, text: str, read: Callable[[str], SpelledPlate] = respell
) -> tuple[str | None, bool]:
    """The plate, and whether letters of other alphabets were taken for ours; None where it cannot be a plate."""
    try:
        return read(text)
    except PlateError as exc:
        faults[name] = FieldFault(key="watchlists.no_plate") if not text.strip() else fault_of_plate(exc)
        return None, False


def check_list(fields: ListFields, zone: ZoneInfo) -> tuple[Watchlist | None, dict[str, FieldFault]]:
    """The list, or what is wrong with the fields."""
    faults: dict[str, FieldFault] = {}
    if _refused(faults, fields, _MOST_LIST):
        return None, faults
    if not is_watchlist_id(fields.id):
        faults["id"] = FieldFault(key="watchlists.wrong_id")
    for name in ("name", "purpose", "legal_basis"):
        if not getattr(fields, name).strip():
            faults[name] = FieldFault(key=f"watchlists.no_{name}")
    share, hours = share_of(faults, fields), _hours(faults, "hours", fields.hours, MOST_HOURS)
    urgent = _hours(faults, "urgent_hours", fields.urgent_hours, MOST_URGENT_HOURS)
    until = read_moment(faults, "until", fields.until, zone, is_end=True)
    check_reason_field(faults, "reason", fields.reason)
    for name, known in (("kind", set(ListKind)), ("priority", set(Priority)), ("match", set(MatchMode))):
        if getattr(fields, name) not in known:
            faults[name] = FieldFault(key="watchlists.no_choice")
    if faults:
        return None, faults
    watchlist = Watchlist(
        id=fields.id,
        name=fields.name.strip(),
        kind=ListKind(fields.kind),
        priority=Priority(fields.priority),
        purpose=fields.purpose.strip(),
        legal_basis=fields.legal_basis.strip(),
        match=MatchMode(fields.match),
        min_probability=share,
        valid_to=until,
        stale_after_hours=hours,
        instructions=fields.instructions.strip(),
        second_person=fields.second_person,
        urgent_hours=(urgent or 0) if fields.second_person else 0,
    )
    return watchlist, {}


def share_of(faults: Faults, fields: ListFields) -> float:
    """The least probability. Only a list that compares with a probability asks for it."""
    if fields.match != MatchMode.PROBABILITY:
        return 0.5
    try:
        percent = float(fields.share.strip().rstrip("%").replace(",", "."))
    except ValueError:
        percent = 0.0
    if not 0 < percent <= 100:
        faults["share"] = FieldFault(key="watchlists.wrong_share")
        return 0.5
    return percent / 100


def _hours(faults: Faults, name: str, text: str, most: int) -> int | None:
    if not text.strip():
        return None
    if text.strip().isascii() and text.strip().isdigit() and 0 < int(text) <= most:
        return int(text)
    faults[name] = FieldFault(key="watchlists.wrong_hours", values={"most": most})
    return None


def _refused(faults: Faults, fields: BaseModel, most: Mapping[str, int]) -> bool:
    for name, limit in most.items():
        refuse_odd(faults, name, [getattr(fields, name)], limit)
    return bool(faults)
