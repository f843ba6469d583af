# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of completeness reports: append-only revisions of a day, each with its files and their signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("completeness")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFiles:
    """The files of a report; `signature` (Ed25519, 64 bytes) is of `manifest`, which has the digests of the others."""

    html: bytes
    pdf: bytes
    csv: bytes
    manifest: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedReport:
    """A report without its files. `figures` are as the report had them; `verdict` is balanced, open or unbalanced."""

    id: int
    organisation_id: str
    day: date
    revision: int
    made_at: datetime
    verdict: str
    figures: Mapping[str, Any]
    mailed_at: datetime | None
    mail_failure: str | None
    mailed_to: Sequence[str] = ()
    """Addresses that have the mail, also where it failed for others."""


def add_report(conn: Connection, report: ArchivedReport, files: ReportFiles) -> int:
    """Archive it; returns its id (the one in `report` is ignored). Raises StoreError for a revision that is there."""
    values = {
        "organisation": report.organisation_id,
        "figures": Jsonb(dict(report.figures)),
        **{name: getattr(report, name) for name in ("day", "revision", "made_at", "verdict")},
        **{name: getattr(files, name) for name in ReportFiles.__slots__},
    }
    return int(one_row(conn, _SQL["add"], values)["id"])


def newest_reports(conn: Connection, organisation_id: str, since: date) -> dict[date, ArchivedReport]:
    """The newest revision of each day from `since` on."""
    rows = conn.execute(_SQL["newest"], {"organisation": organisation_id, "since": since})
    return {row["day"]: ArchivedReport(**row) for row in rows}


def list_reports(conn: Connection, limit: int = 100, skip: int = 0) -> list[ArchivedReport]:
    """The newest days first, each with all its revisions; without the first `skip` of them."""
    return [ArchivedReport(**row) for row in conn.execute(_SQL["list"], {"limit": limit, "skip": skip})]


def get_report(conn: Connection, report_id: int) -> ArchivedReport | None:
    """The report with this id, where it may be seen."""
    row = conn.execute(_SQL["get"], {"id": report_id}).fetchone()
    return ArchivedReport(**row) if row else None


def report_files(conn: Connection, report_id: int) -> ReportFiles | None:
    """Its files, where it may be seen."""
    row = conn.execute(_SQL["files"], {"id": report_id}).fetchone()
    return ReportFiles(**{name: bytes(row[name]) for name in ReportFiles.__slots__}) if row else None


def note_mail(
    conn: Connection, report_id: int, at: datetime | None, failure: str | None, mailed_to: Sequence[str]
) -> None:
    """Note when it was mailed to all, or why it was not, and who has it."""
    told = failure[:500] if failure else None
    conn.execute(_SQL["note_mail"], {"id": report_id, "at": at, "failure": told, "to": list(mailed_to)})


def forget_reports(conn: Connection, before: date) -> int:
    """Delete the reports of the days before this; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount
