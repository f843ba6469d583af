# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filter of the audit: what a person did, who asked for a plate, what belongs to a case. Itself a row of the audit.

A filter may name a plate, and no plate is ever in an address: whoever filters leaves a row that holds the filter, and
the address of the result has that row's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import ascii_uppercase
from typing import Any

from anpr.domain.plate import look_alike_key
from anpr.store.audit import AuditAction, AuditRow, row_of
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit")
_CONFUSED = "".join(letter for letter in ascii_uppercase if look_alike_key(letter) != letter)
_TIMES = ("since", "until")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    """Which rows; None: whatever it is. `plate` is in its normal form, times are UTC, [since, until)."""

    person: str | None = None
    operation: str | None = None
    plate: str | None = None
    """Searches that ask for it, also by a pattern; views of its transits; its alarms, entries and holds."""
    case: str | None = None
    """Part of the case reference, in whatever case."""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def detail(self) -> dict[str, object]:
        """As it stands in the audit, without what is None."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
        return {name: value for name, value in told.items() if value is not None}


def filter_of(row: AuditRow | None) -> AuditFilter | None:
    """The filter that the row holds; None where it is no such row."""
    if row is None or row.event.action is not AuditAction.AUDIT_VIEWED:
        return None
    held = row.event.detail.get("filter")
    if not isinstance(held, Mapping):
        return None
    values: dict[str, Any] = {name: held.get(name) for name in AuditFilter.__dataclass_fields__}
    times = {name: datetime.fromisoformat(values[name]) for name in _TIMES if values[name]}
    return AuditFilter(**{**values, **times})


def filter_audit(
    conn: Connection, which: AuditFilter, before_seq: int | None = None, limit: int = 200
) -> list[AuditRow]:
    """The rows that it lets through, newest first; with `before_seq`, the ones before it."""
    values: dict[str, Any] = {name: getattr(which, name) for name in AuditFilter.__dataclass_fields__}
    values |= {"before_seq": before_seq, "limit": limit, "letters": _CONFUSED, "keys": look_alike_key(_CONFUSED)}
    values["folded"] = look_alike_key(which.plate) if which.plate else None
    values["case"] = _contained(which.case)
    values["transits"], values["alarms"] = _things_of(conn, which.plate)
    return [row_of(row) for row in conn.execute(_SQL["filter"], values)]


def _contained(text: str | None) -> str | None:
    if text is None:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _things_of(conn: Connection, plate: str | None) -> tuple[list[str], list[str]]:
    """Ids of the plate's transits that are stored, and of its alarms, as texts."""
    if plate is None:
        return [], []
    transits = conn.execute(_SQL["transits_of_plate"], {"plate": plate})
    alarms = conn.execute(_SQL["alarms_of_plate"], {"plate": plate})
    return [row["id"] for row in transits], [row["id"] for row in alarms]
