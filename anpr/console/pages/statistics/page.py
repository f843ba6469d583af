# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statistics of outcomes in a period of local days: times, false reads with interval, a table for spreadsheets."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep, record, record_view
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.period import Period, read_period
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import QueryTooLongError
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.store.alarms.erased_counts import LEAST, ErasedCounts, erased_counts
from anpr.store.alarms.statistics import Counted, Statistics, statistics, wolves
from anpr.store.audit import AuditAction
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import gate_names
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/statistics")
_Day = Annotated[Line, Query(max_length=40)]
_TABLES = ("list", "kind", "gate", "camera", "day")
Names = dict[str, dict[str, str]]


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, since: _Day = "", until: _Day = "") -> Response:
    """The page. Counting takes as long as a search may, at most."""
    faults: dict[str, FieldFault] = {}
    period = read_period(console, since, until, faults)
    record_view(console, visitor, "statistics")
    found = _counted(console, period) if not faults else None
    with console.database.transaction() as conn:
        erased = erased_counts(conn, period.first, period.last)
    if found is None and not faults:
        faults["until"] = FieldFault(key="statistics.too_long")
    settings = console.settings.alarms
    told = wolves(found, settings.false_read_least, settings.false_read_above) if found else None
    days = [period.first + timedelta(days=number) for number in range((period.last - period.first).days + 1)]
    return console.templates.response(
        "statistics/statistics.html",
        context,
        status=400 if faults else 200,
        period=period,
        faults=faults,
        found=found,
        tables=_tables(found) if found else {},
        names=_names(console, console.templates.catalogue(context.language)),
        outcomes=list(AlarmOutcome),
        erased=_erased_tables(erased) if erased else {},
        erased_total=erased.total if erased else None,
        least=LEAST,
        wolves=told,
        settings=settings,
        days=[(day, found.day(day) if found else None) for day in days],
        most=max((each.count for each in found.days), default=1) if found else 1,
    )


@router.get("/csv")
def as_csv(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, since: _Day = "", until: _Day = ""
) -> Response:
    """All figures as one table (UTF-8 with its mark, semicolons), without plates; or the page with what is wrong."""
    faults: dict[str, FieldFault] = {}
    period = read_period(console, since, until, faults)
    found = _counted(console, period) if not faults else None
    if found is None:
        return show(console, visitor, context, since, until)
    t = console.templates.catalogue(context.language)
    days = {"since": period.first.isoformat(), "until": period.last.isoformat()}
    record(console, visitor.user.name, AuditAction.EXPORTED, {"made": "statistics", "form": "csv", "filter": days})
    name = f"statistics-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_csv(found, _names(console, t), t), media_type="text/csv; charset=utf-8", headers=headers)


def _counted(console: Console, period: Period) -> Statistics | None:
    """None where counting takes longer than a search may."""
    try:
        with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
            return statistics(conn, period.since, period.until, console.settings.zone)
    except QueryTooLongError:
        return None


def _tables(found: Statistics) -> dict[str, list[Counted]]:
    columns = (found.lists, found.kinds, found.gates, found.cameras, found.days)
    return {name: list(rows) for name, rows in zip(_TABLES, columns, strict=True)}


def _erased_tables(erased: ErasedCounts) -> dict[str, dict[str, int | None]]:
    parts = (erased.kinds, erased.gates, erased.outcomes, erased.waits)
    return {name: dict(part) for name, part in zip(("kind", "gate", "outcome", "take"), parts, strict=True)}


def _names(console: Console, t: Catalogue) -> Names:
    with console.database.transaction() as conn:
        gates, lists = gate_names(conn), watchlist_names(conn)
    kinds = {key.removeprefix("list_kind."): t(key) for key in t.messages if key.startswith("list_kind.")}
    return {"list": lists, "kind": kinds, "gate": gates, "camera": {}, "day": {}}


def _csv(found: Statistics, names: Names, t: Catalogue) -> bytes:
    words = [t(f"statistics.{name}") for name in ("what", "id", "name", "count")]
    words += [t(f"outcome.{outcome}") for outcome in AlarmOutcome]
    words += [t(f"statistics.{name}") for name in ("take_median", "take_p95", "close_median", "close_p95")]
    header = [*words, *(t(f"statistics.{name}") for name in ("false_share", "false_low", "false_high"))]
    return csv_bytes([header, *(_cells(what, row, names, t) for what, rows in _tables(found).items() for row in rows)])


def _cells(what: str, row: Counted, names: Names, t: Catalogue) -> list[object]:
    name = names[what].get(row.id, names["gate"].get(row.gate_id, row.gate_id))
    share = row.false_reads
    return [
        t(f"statistics.of_{what}"),
        as_text(row.id),
        as_text(name),
        row.count,
        *(row.outcomes[outcome] for outcome in AlarmOutcome),
        *(round(seconds) for seconds in (*row.take_s, *row.close_s)),
        *(f"{value:.3f}".replace(".", ",") for value in (share.value, share.low, share.high)),
    ]


PAGE = Page(name="statistics", router=router, permissions=(Permission.VIEW_STATISTICS,))
