# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit prune`: the oldest rows, exported, proved by a signed row of the audit, and deleted."""

from datetime import UTC, datetime, time

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import Settings
from anpr.store.audit_chain.pruning import Prunable, PruneOrder, limit_of, month_start, prunable, prune
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Connection, Database
from anpr.store.retention_guard import database_now

_WHY = {
    "age": "it is not older than that",
    "hold": "it belongs to a hold that has not ended",
    "case": "it belongs to the case of a hold that has not ended",
    "request": "it belongs to a request of a person concerned that is open",
}


@click.command(name="prune")
@click.option("--before", metavar="DATE", help="Only rows before this day.  [default: what the setting says]")
@click.option("--reason", default="", help="Why now; required, and recorded.")
@click.option("--case", "case_reference", help="Number of the proceeding.")
@click.option("--without-export", is_flag=True, help="Keep no export; the reason must say why.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.pass_context
def command(
    ctx: click.Context,
    before: str | None,
    reason: str,
    case_reference: str | None,
    without_export: bool,
    dry_run: bool,
) -> None:
    """Export the audit's oldest rows to audit.archive_dir, prove them by a signed row, and delete them.

    Only rows that are older than audit.prune_after_days, and only as far as no running hold, case or open request needs
    one. Ingest does the same by itself, by whole months.
    """
    settings, clock = loaded_settings(ctx).settings, SystemClock()
    reason = "" if dry_run else check_reason(reason)
    case_reference = None if case_reference is None else check_case(case_reference)
    with open_database(settings, "anpr audit") as database:
        with database.transaction() as conn:
            limit = _limit(conn, settings, clock, before)
            found = prunable(conn, limit)
        _tell(found, limit)
        if dry_run or not found.rows:
            return
        order = PruneOrder(
            actor=operating_system_user(),
            archive=None if without_export else settings.audit_archive_dir,
            reason=reason,
            case_reference=case_reference,
        )
        _prune(database, limit, order, settings, clock)


def _limit(conn: Connection, settings: Settings, clock: Clock, before: str | None) -> datetime:
    """Raises InputError where nothing may be pruned, or not what is asked for."""
    days = settings.audit.prune_after_days
    if days is None:
        raise InputError("audit.prune_after_days is not set: the audit is kept for ever")
    oldest = limit_of(days, clock, database_now(conn))
    if before is None:
        return month_start(oldest)
    try:
        day = datetime.fromisoformat(before).date()
    except ValueError as exc:
        raise InputError(f"--before: {before!r} is no day; expected for example 2021-12-31") from exc
    limit = datetime.combine(day, time(), settings.zone).astimezone(UTC)
    if limit > oldest:
        raise InputError(f"--before: audit.prune_after_days ({days}) keeps rows from {oldest:%Y-%m-%d} on")
    return limit


def _tell(found: Prunable, limit: datetime) -> None:
    if found.rows:
        click.echo(f"rows {found.first} to {found.last} ({found.rows}) are older than {limit:%Y-%m-%d %H:%M} UTC")
    else:
        click.echo(f"no row can go that is older than {limit:%Y-%m-%d %H:%M} UTC")
    if why := _WHY.get(found.kept_by):
        click.echo(f"row {found.last + 1} stays, and all after it: {why}")


def _prune(database: Database, limit: datetime, order: PruneOrder, settings: Settings, clock: Clock) -> None:
    key = site_key(ensure_key(settings.audit_key_path))
    for cut in prune(database, limit, order, key, clock):
        place = f"kept in {settings.audit_archive_dir / cut.export}" if cut.export else "no export was kept"
        click.echo(f"pruned rows {cut.first} to {cut.last}: {place}")
