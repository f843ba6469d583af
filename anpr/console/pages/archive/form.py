# SPDX-License-Identifier: AGPL-3.0-or-later
"""Form of the archive: its fields as they were sent, what they mean, and what is wrong with them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from pydantic import BaseModel

from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.period import Period, read_period
from anpr.console.state import Console
from anpr.domain.alarm import AlarmKind, AlarmOutcome
from anpr.domain.watchlist import Priority
from anpr.store.alarms.archive import ArchiveFilter

WAITS = (60, 300, 900, 3600)
"""Seconds until somebody took it, to choose from."""
_MOST = MappingProxyType(
    {
        "list": 64,
        "gate": 64,
        "person": 64,
        "priority": 10,
        "kind": 20,
        "outcome": 20,
        "longer": 6,
        "since": 40,
        "until": 40,
    }
)


class ArchiveFields(BaseModel):
    """The form as it was sent; what is empty does not narrow."""

    since: str = ""
    until: str = ""
    list: str = ""
    priority: str = ""
    kind: str = ""
    gate: str = ""
    outcome: str = ""
    person: str = ""
    longer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadArchive:
    """What the form means, and what is wrong with it, by field."""

    fields: ArchiveFields
    period: Period
    which: ArchiveFilter
    faults: dict[str, FieldFault] = field(default_factory=dict)

    @property
    def chosen(self) -> dict[str, str]:
        """The fields that narrow, as an address has them."""
        return {name: value for name, value in self.fields.model_dump().items() if value}


def read_archive_filter(console: Console, fields: ArchiveFields) -> ReadArchive:
    """What the fields mean; of days that are missing, the last 30."""
    faults: dict[str, FieldFault] = {}
    for name, most in _MOST.items():
        refuse_odd(faults, name, [getattr(fields, name)], most)
    odd = bool(faults)
    period = read_period(console, "" if odd else fields.since, "" if odd else fields.until, faults)
    for name, known in (
        ("priority", set(Priority)),
        ("kind", set(AlarmKind)),
        ("outcome", set(AlarmOutcome)),
        ("longer", {str(s) for s in WAITS}),
    ):
        value = getattr(fields, name)
        if value and value not in known:
            faults.setdefault(name, FieldFault(key="archive.no_choice"))
    since, until = (datetime.combine(day, time(), console.settings.zone).astimezone(UTC) for day in _days(period))
    if faults:
        return ReadArchive(fields=fields, period=period, which=ArchiveFilter(since=since, until=until), faults=faults)
    which = ArchiveFilter(
        since=since,
        until=until,
        watchlist=fields.list or None,
        priority=Priority(fields.priority) if fields.priority else None,
        kind=AlarmKind(fields.kind) if fields.kind else None,
        gate=fields.gate or None,
        outcome=AlarmOutcome(fields.outcome) if fields.outcome else None,
        person=fields.person.strip().lower() or None,
        longer_s=int(fields.longer) if fields.longer else None,
    )
    return ReadArchive(fields=fields, period=period, which=which)


def _days(period: Period) -> tuple[date, date]:
    return period.first, period.last + timedelta(days=1)
