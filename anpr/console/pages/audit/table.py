# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of the audit as CSV in words, with nothing in it that a spreadsheet would calculate."""

from collections.abc import Iterable

from anpr.console.pages.audit.detail import DetailItem, DetailWriter
from anpr.console.rendering.filters import local_moment
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.store.audit import AuditRow

_COLUMNS = ("number", "at", "actor", "action", "reason", "case", "detail")


def as_table(rows: Iterable[AuditRow], writer: DetailWriter) -> bytes:
    """CSV, with the names of its columns."""
    header = [writer.t(f"audit.{name}") for name in _COLUMNS]
    return csv_bytes([header, *(_cells(row, writer) for row in rows)])


def _cells(row: AuditRow, writer: DetailWriter) -> list[object]:
    event = row.event
    told = " · ".join(_told(item) for item in writer.items(event.detail))
    action = writer.t.either(f"action.{event.action}", str(event.action))
    cells = (event.actor, action, event.reason or "", event.case_reference or "", told)
    return [row.seq, local_moment(event.at, writer.zone), *map(as_text, cells)]


def _told(item: DetailItem) -> str:
    return f"{item.name} {item.value}" + (f" ({item.more})" if item.more else "")
