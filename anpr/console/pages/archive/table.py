# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of the archive: as a page, as CSV for spreadsheets, and as a document for paper, in one order of columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from anpr.console.field_faults import FieldFault
from anpr.console.pages.archive.form import WAITS, ReadArchive
from anpr.console.rendering.filters import local_moment
from anpr.console.rendering.templates import PageContext
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import Console
from anpr.domain.alarm import AlarmKind, AlarmOutcome
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.domain.watchlist import Priority
from anpr.paper.blocks import Document, Facts, Paragraph, Table
from anpr.store.alarms.archive import ArchivedAlarm
from anpr.store.database.connection import Connection
from anpr.store.gates import gate_names
from anpr.store.watchlists.lists import watchlist_names

COLUMNS = (
    "number",
    "vehicle",
    "kind",
    "priority",
    "list",
    "gate",
    "raised",
    "taken",
    "waited",
    "closed",
    "outcome",
    "note",
)
"""Of the table for spreadsheets; their words are messages of the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What people call gates and lists, by id."""

    gates: Mapping[str, str]
    lists: Mapping[str, str]


def names_of(conn: Connection) -> Names:
    """Those that who asks may see."""
    return Names(gates=gate_names(conn), lists=watchlist_names(conn))


def page_of(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    read: ReadArchive,
    shown: Sequence[ArchivedAlarm],
    *,
    more: str = "",
    status: int = 200,
    export_faults: Mapping[str, FieldFault] | None = None,
) -> Response:
    """The page. `more`: the place after which the next one begins (empty: none)."""
    with console.database.transaction() as conn:
        names = names_of(conn)
    return console.templates.response(
        "archive/archive.html",
        replace(context, section="/alarms"),
        status=status,
        read=read,
        shown=shown,
        kind="closed",
        tally=console.alarms.tally(),
        priorities=list(Priority),
        names=names,
        query=urlencode(read.chosen),
        more=more,
        kinds=list(AlarmKind),
        outcomes=list(AlarmOutcome),
        waits=WAITS,
        export_faults=export_faults or {},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TableWriter:
    """Writes in one language, with times of one zone."""

    t: Catalogue
    zone: ZoneInfo
    names: Names

    def csv(self, rows: Sequence[ArchivedAlarm]) -> bytes:
        """CSV, with the names of its columns."""
        header = [self.t(f"archive.{name}") for name in COLUMNS]
        return csv_bytes([header, *([as_text(cell) for cell in self._cells(row)] for row in rows)])

    def document(self, read: ReadArchive, rows: Sequence[ArchivedAlarm], municipality: str, reason: str) -> Document:
        """The same for paper, without the columns for which a page has no room."""
        t, period = self.t, read.period
        days = t("archive.days", since=f"{period.first:%d/%m/%Y}", until=f"{period.last:%d/%m/%Y}")
        told = [(t("archive.period"), days), (t("archive.reason"), reason), (t("archive.count_label"), str(len(rows)))]
        told += [(t(f"archive.{name}"), value) for name, value in self._filters(read) if value]
        wanted = ("vehicle", "kind", "gate", "raised", "taken", "closed", "outcome")
        places = [COLUMNS.index(name) for name in wanted]
        header = tuple(t(f"archive.{name}") for name in wanted)
        cells = tuple(tuple(row[place] for place in places) for row in map(self._cells, rows))
        table = Table(header=header, rows=cells, widths=(3, 3, 4, 3, 4, 4, 3)) if rows else Paragraph(t("archive.none"))
        title = t("archive.title")
        return Document(title=title, subtitle=municipality, footer=title, blocks=(Facts(tuple(told)), table))

    def _filters(self, read: ReadArchive) -> list[tuple[str, str]]:
        t, which = self.t, read.which
        return [
            ("list", self.names.lists.get(which.watchlist or "", which.watchlist or "")),
            ("priority", t(f"priority.{which.priority}") if which.priority else ""),
            ("kind", t(f"list_kind.{which.kind}") if which.kind else ""),
            ("gate", self.names.gates.get(which.gate or "", which.gate or "")),
            ("outcome", t(f"outcome.{which.outcome}") if which.outcome else ""),
            ("person", which.person or ""),
            ("longer", t.counted("archive.minutes", which.longer_s // 60) if which.longer_s else ""),
        ]

    def _cells(self, row: ArchivedAlarm) -> list[str]:
        alarm, t = row.alarm, self.t
        return [
            str(alarm.id),
            alarm.vehicle,
            t(f"list_kind.{alarm.kind}"),
            t(f"priority.{alarm.priority}"),
            ", ".join(self.names.lists.get(each, each) for each in row.watchlists),
            self.names.gates.get(row.gate_id, row.gate_id),
            self._at(alarm.raised_at),
            f"{row.taken_by}, {self._at(row.taken_at)}" if row.taken_at and row.taken_by else "",
            _clock(row.waited),
            f"{alarm.closed_by}, {self._at(alarm.closed_at)}" if alarm.closed_at else "",
            t(f"outcome.{alarm.outcome}"),
            alarm.note or "",
        ]

    def _at(self, moment: datetime) -> str:
        return local_moment(moment, self.zone)


def _clock(time: timedelta | None) -> str:
    if time is None:
        return ""
    seconds = int(time.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
