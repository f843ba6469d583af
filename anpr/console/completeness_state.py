# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness reports as the console sees them: the newest, and whether one is missing or does not balance."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from anpr.console.state import Console
from anpr.domain.completeness import Verdict
from anpr.store.accounting.reports import ArchivedReport, list_reports

GRACE = timedelta(hours=1)
"""So long after its hour a report is not yet late: figures of many gates take minutes."""
_LOOKED_AT = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletenessState:
    """`late` is the day whose report should be there and is not; `unbalanced` are the days of the last week whose
    newest report does not balance, the newest first."""

    newest: ArchivedReport | None
    late: date | None
    unbalanced: tuple[ArchivedReport, ...]


def completeness_state(console: Console) -> CompletenessState:
    """How the reports stand for the visitor's organisation. Raises StoreError."""
    with console.database.transaction() as conn:
        reports = newest_revisions(list_reports(conn, _LOOKED_AT))
    now, settings = console.clock.now(), console.settings
    due = due_day(now - GRACE, settings.completeness.at, settings.zone)
    is_late = bool(settings.forwarding) and due not in {report.day for report in reports}
    week = [report for report in reports if report.day > due - timedelta(days=7)]
    return CompletenessState(
        newest=reports[0] if reports else None,
        late=due if is_late else None,
        unbalanced=tuple(report for report in week if report.verdict == Verdict.UNBALANCED),
    )


def newest_revisions(reports: list[ArchivedReport]) -> list[ArchivedReport]:
    """Of each day the newest, in the order given, in which it comes first."""
    first: dict[date, ArchivedReport] = {}
    for report in reports:
        first.setdefault(report.day, report)
    return list(first.values())


def due_day(now: datetime, at: time, zone: ZoneInfo) -> date:
    """The newest day whose report was to be made at `at` (local) by now."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= at else 2)
