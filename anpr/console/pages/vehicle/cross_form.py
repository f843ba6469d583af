# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a cross search: up to ten windows of gates and hours, how many of them must be met, and why."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from anpr.console.field_faults import FieldFault, check_reason_field, read_moment, refuse_odd
from anpr.console.rendering.filters import short_moment
from anpr.domain.search_reason import MAX_REASON
from anpr.domain.vehicle.cross import LEAST_WINDOWS, MOST_SPAN, MOST_WINDOWS, CrossWindow
from anpr.store.vehicles.recorded_cross import RecordedCross

_MOST_GATES = 50
"""Of one window."""


@dataclass(slots=True)
class WindowFields:
    """One window as it was sent."""

    gates: list[str] = field(default_factory=list)
    since: str = ""
    until: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written: it is no window then."""
        return not (self.gates or self.since.strip() or self.until.strip())


@dataclass(slots=True)
class CrossFields:
    """The form as it was sent, always MOST_WINDOWS windows; `faults` by field, `windows` where there is none."""

    rows: list[WindowFields] = field(default_factory=lambda: [WindowFields() for _ in range(MOST_WINDOWS)])
    least: str = ""
    kind: str = ""
    reason: str = ""
    case: str = ""
    windows: list[CrossWindow] = field(default_factory=list)
    faults: dict[str, FieldFault] = field(default_factory=dict)

    @property
    def least_number(self) -> int:
        """How many windows must be met: all of them where nothing is said."""
        return int(self.least) if self.least.isascii() and self.least.isdigit() else len(self.windows)

    @property
    def filled(self) -> int:
        """Windows that the form shows opened: those with something in them, and LEAST_WINDOWS."""
        last = max((number for number, row in enumerate(self.rows, start=1) if not row.is_empty), default=0)
        return max(LEAST_WINDOWS, last)


def read_cross(form: FormData, zone: ZoneInfo, open_gates: Collection[str]) -> CrossFields:
    """The fields with what is wrong with them."""
    fields = CrossFields(
        least=_text(form, "least"), kind=_text(form, "kind"), reason=_text(form, "reason"), case=_text(form, "case")
    )
    for number in range(MOST_WINDOWS):
        row = fields.rows[number]
        row.since, row.until = _text(form, f"since_{number}"), _text(form, f"until_{number}")
        row.gates = [each for each in form.getlist(f"gates_{number}") if isinstance(each, str) and each]
    refuse_odd(fields.faults, "reason", [fields.reason], MAX_REASON)
    refuse_odd(fields.faults, "kind", [fields.kind], 100)
    refuse_odd(fields.faults, "case", [fields.case], 100)
    if "reason" not in fields.faults:
        check_reason_field(fields.faults, "reason", fields.reason)
    for number, row in enumerate(fields.rows):
        if not row.is_empty:
            _read_window(fields, number, zone, open_gates)
    _check_numbers(fields)
    return fields


def fields_of_cross(search: RecordedCross, zone: ZoneInfo) -> CrossFields:
    """The form that leads to this search."""
    fields = CrossFields(
        least=str(search.least), kind=search.reason_kind, reason=search.reason, case=search.case_reference
    )
    for row, window in zip(fields.rows, search.windows, strict=False):
        row.gates = list(window.gate_ids)
        row.since, row.until = short_moment(window.since, zone), short_moment(window.until, zone)
    return fields


def _read_window(fields: CrossFields, number: int, zone: ZoneInfo, open_gates: Collection[str]) -> None:
    row, name, faults = fields.rows[number], f"window_{number}", fields.faults
    refuse_odd(faults, name, [row.since, row.until, *row.gates], 64)
    if name in faults:
        return
    since = _moment(fields, name, row.since, zone)
    until = _moment(fields, name, row.until, zone, is_end=True)
    if name in faults:
        return
    if not row.gates or len(row.gates) > _MOST_GATES or not set(row.gates) <= set(open_gates):
        faults[name] = FieldFault(key="vehicle.wrong_gates", values={"most": _MOST_GATES})
    elif since is None or until is None:
        faults[name] = FieldFault(key="vehicle.wrong_window")
    elif not since < until <= since + MOST_SPAN:
        faults[name] = FieldFault(key="vehicle.wrong_span")
    else:
        fields.windows.append(CrossWindow(gate_ids=tuple(row.gates), since=since, until=until))


def _moment(fields: CrossFields, name: str, text: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime | None:
    return read_moment(fields.faults, name, text, zone, is_end=is_end)


def _check_numbers(fields: CrossFields) -> None:
    if any(name.startswith("window_") for name in fields.faults):
        return
    if len(fields.windows) < LEAST_WINDOWS:
        fields.faults["windows"] = FieldFault(key="vehicle.too_few_windows", values={"least": LEAST_WINDOWS})
    elif not LEAST_WINDOWS <= fields.least_number <= len(fields.windows):
        fields.faults["least"] = FieldFault(
            key="vehicle.wrong_least", values={"least": LEAST_WINDOWS, "most": len(fields.windows)}
        )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
