# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr watchlist import`, `history`, `undo` and `pickup`: files of lists, and what they change."""

import sys
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError, SettingsError
from anpr.listfiles.columns import read_mapping
from anpr.listfiles.importing import (
    ImportOrder,
    import_order,
    preview_order,
    read_order,
    refuse_removal,
    refuse_wrong_rows,
    undo_order,
)
from anpr.listfiles.pickup import Pickup
from anpr.listfiles.proposing import propose_import
from anpr.listfiles.reading import HowToRead, ListFile, read_bytes, write_rejects
from anpr.runtime.background import Periodic
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import LIST_FILES, preset
from anpr.runtime.probes import Readiness, probes
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entries import ImportMode, ImportResult
from anpr.store.watchlists.imports import (
    Difference,
    ListImport,
    get_import,
    import_differences,
    list_imports,
)
from anpr.store.watchlists.lists import get_watchlist

_SHOWN = 20
"""Wrong rows, warnings and differences that are printed; --rejects and --limit give the others."""
_KINDS = {"added": "new", "changed": "changed", "removed": "gone"}
_ID = click.argument("watchlist_id", metavar="ID")


@click.command(name="import")
@_ID
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Make FILE the whole list: entries that are not in it are taken off.")
@click.option("--preview", is_flag=True, help="Show what would change, with examples, and change nothing.")
@click.option("--yes", is_flag=True, help="Take entries off without asking, however many.")
@click.option("--skip-rejected", is_flag=True, help="Import the other rows when some are wrong; else none is.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Write all wrong rows to this CSV file.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=PLACE",
    help="Where a column is, by header or number: plate=Targa or plate=2; also reason, valid_from, valid_to.",
)
@click.option("--sheet", default="", help="The sheet of a spreadsheet; the first one without it.")
@click.option("--profile", default="", help="Of a file of fixed width or XML: a name of config/lists/, or a path.")
@click.option("--reason", default="", help="For rows that give no reason, as in a file of plates only.")
@click.option(
    "--source",
    default="",
    help="Who sent it; --column, --sheet, --profile and --reason are remembered for its next file.",
)
@click.option("--why", default="", help="For a list that demands a second person: what they read before they approve.")
@click.pass_context
def import_command(ctx: click.Context, /, watchlist_id: str, path: Path, **options: Any) -> None:
    """Put the entries of FILE on the list ID: all, or none when a row is wrong.

    FILE is CSV in any encoding of a spreadsheet, XLSX, ODS or XLS, with a header such as targa;motivo;dal;al in any
    order, or plates only. A day alone as end is included. Nothing changes before the whole file is understood. On a
    list that demands a second person it becomes a proposal, which another person approves in the console.
    """
    how = HowToRead(columns=read_mapping(options["columns"]), sheet=options["sheet"], reason=options["reason"],
                    profile=options["profile"])  # fmt: skip
    order = ImportOrder(
        watchlist_id=watchlist_id,
        name=path.name,
        content=read_bytes(path),
        mode=ImportMode.REPLACE if options["replace"] else ImportMode.ADD,
        source=options["source"],
        how=how,
        skips_rejected=options["skip_rejected"],
    )
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database:
        read = _read(database, order, _zone(ctx), options["rejects"])
        if options["preview"]:
            _show_preview(database, order, read, _zone(ctx))
            return
        with database.transaction() as conn:
            needs_second = get_watchlist(conn, watchlist_id).second_person
        if needs_second:
            number = _propose(database, order, read, options["why"])
            click.echo(f"watchlist {watchlist_id}: proposal {number} waits for a second person, in the console")
            return
        expected = _confirmed(database, order, read, options["yes"])
        with database.transaction() as conn:
            done = import_order(conn, order, read, _author(), expected)
    click.echo(f"watchlist {watchlist_id}: {_counts(done)}")


def _propose(database: Database, order: ImportOrder, read: ListFile, why: str) -> int:
    if not why.strip():
        raise InputError(f"watchlist {order.watchlist_id}: it demands a second person; say with --why what it is for")
    with database.transaction() as conn:
        return propose_import(conn, order, read, _author(), why.strip())


@click.command()
@_ID
@click.option("--limit", type=click.IntRange(1, 100_000), default=_SHOWN, show_default=True)
@click.option("--import", "import_id", type=int, metavar="NUMBER", help="What this import changed, entry by entry.")
@click.pass_context
def history(ctx: click.Context, watchlist_id: str, limit: int, import_id: int | None) -> None:
    """Show the imports of the list ID, the newest first; this is recorded."""
    zone = _zone(ctx)
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        if import_id is None:
            lines = [_import_line(each, zone) for each in list_imports(conn, watchlist_id, limit)]
        else:
            found = get_import(conn, watchlist_id, import_id)
            lines = [_import_line(found, zone)]
            lines += [_difference_line(each, zone) for each in import_differences(conn, import_id, limit)]
            if not found.has_changes:
                lines.append("(its differences are no longer kept)")
        _record_view(conn, watchlist_id, {"history": True, "import": import_id})
    for line in lines:
        click.echo(line)


@click.command()
@_ID
@click.option("--import", "import_id", type=int, metavar="NUMBER", help="The import; the newest one without it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def undo(ctx: click.Context, watchlist_id: str, import_id: int | None, yes: bool) -> None:
    """Make the list ID what it was before its newest import.

    Refused when entries of that import were changed later.
    """
    if not yes:
        which = f"import {import_id}" if import_id else "the newest import"
        click.confirm(f"Undo {which} of watchlist {watchlist_id}?", abort=True, err=True)
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        done = undo_order(conn, watchlist_id, _author(), import_id)
    click.echo(f"watchlist {watchlist_id}: import {done.undoes} ({done.origin.file_name}) undone: {_counts(done)}")


@click.command()
@click.option("--once", is_flag=True, help="Look once, and exit with 1 when a file failed; else until stopped.")
@click.pass_context
def pickup(ctx: click.Context, once: bool) -> None:
    """Import the files that arrive in the folders of watchlists.pickup, and move them to done or failed.

    A file for a list that demands a second person, and a replacing one that takes off too much of its list, become
    proposals: somebody approves or refuses them in the console.
    """
    settings, clock = loaded_settings(ctx).settings, SystemClock()
    if not settings.watchlists.pickup:
        raise SettingsError("watchlists.pickup: no folder is set")
    stop = threading.Event() if once else stop_on_signals()
    readiness = Readiness(starting="the database is not open yet")
    with (
        probes(None if once else settings.metrics_port, readiness, settings.metrics_host),
        open_database(settings, "anpr watchlist pickup") as database,
    ):
        for each in settings.watchlists.pickup:
            for result in ("imported", "proposed", "same", "waiting", "refused", "failed"):
                preset(LIST_FILES, each.watchlist, result)
        look = Pickup(database=database, settings=settings.watchlists, zone=settings.zone, clock=clock).look
        readiness.started()
        if once:
            ctx.exit(1 if look() else 0)
        Periodic(every_s=settings.watchlists.pickup_every_s, work=look, name="pickup", clock=clock).run(stop)


def _read(database: Database, order: ImportOrder, zone: ZoneInfo, rejects: Path | None) -> ListFile:
    """Read the file and say what was noticed."""
    with database.transaction() as conn:
        read = read_order(conn, order, zone)
    found = ", ".join(f"{column} from {header}" for column, header in read.columns.items())
    click.echo(f"{read.name}: {read.describe()}; {counted(read.rows, 'row')}; {found}", err=True)
    _tell("warning", read.warnings, sum(read.noticed.values()))
    _tell("rejected", read.rejects, len(read.rejects))
    if rejects is not None:
        write_rejects(rejects, read.rejects)
        click.echo(f"{counted(len(read.rejects), 'wrong row')} written to {rejects}", err=True)
    return read


def _tell(what: str, lines: Iterable[object], number: int) -> None:
    for _, line in zip(range(_SHOWN), lines, strict=False):
        click.echo(f"{what}: {line}", err=True)
    if number > _SHOWN:
        click.echo(f"{what}: {number - _SHOWN} more", err=True)


def _show_preview(database: Database, order: ImportOrder, read: ListFile, zone: ZoneInfo) -> None:
    with database.transaction() as conn:
        preview = preview_order(conn, order, read, examples=_SHOWN)
        _record_view(conn, order.watchlist_id, {"preview": order.name, "sha256": read.sha256})
    for each in preview.examples:
        click.echo(_difference_line(each, zone))
    click.echo(
        f"watchlist {order.watchlist_id}: {_would(preview.result)}, {len(read.rejects)} rejected; nothing was changed"
    )


def _confirmed(database: Database, order: ImportOrder, read: ListFile, yes: bool) -> ImportResult | None:
    """What somebody agreed to; None when there was nothing to ask."""
    refuse_wrong_rows(order, read)
    if yes or order.mode is ImportMode.ADD:
        return None
    with database.transaction() as conn:
        preview = preview_order(conn, order, read)
    if not preview.result.removed:
        return None
    if sys.stdin.isatty():
        question = f"{_would(preview.result)} of {counted(preview.size, 'entry')}. Import?"
        click.confirm(f"watchlist {order.watchlist_id}: {question}", abort=True, err=True)
    else:
        refuse_removal(order, preview)
    return preview.result


def _would(result: ImportResult) -> str:
    return f"{result.added} new, {result.changed} changed, {result.unchanged} unchanged, {result.removed} gone"


def _counts(done: ListImport) -> str:
    names = ("added", "changed", "unchanged", "removed")
    counts = ", ".join(f"{getattr(done.result, name)} {name}" for name in names)
    return counts + (f", {done.origin.rejected} rejected" if done.origin.rejected else "")


def _import_line(done: ListImport, zone: ZoneInfo) -> str:
    origin = done.origin
    state = f"undoes {done.undoes}" if done.undoes else ""
    state = f"undone {_local(done.undone_at, zone)}" if done.undone_at else state
    form = f"{origin.format} {origin.encoding}".strip()
    who = [str(done.id), _local(done.imported_at, zone), done.imported_by, done.mode]
    return "\t".join([*who, origin.file_name, form, origin.source, _counts(done), state])


def _difference_line(each: Difference, zone: ZoneInfo) -> str:
    reasons = " -> ".join(text for text in (each.reason_before, each.reason_after) if text is not None)
    return "\t".join(
        [_KINDS[each.kind], each.plate, reasons, _local(each.valid_from, zone), _local(each.valid_to, zone)]
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(" ", "seconds") if moment else ""


def _record_view(conn: Connection, watchlist_id: str, detail: dict[str, object]) -> None:
    by = _author()
    event = AuditEvent(
        actor=by.name, action=AuditAction.WATCHLIST_VIEWED, at=by.at, detail={"watchlist": watchlist_id, **detail}
    )
    append(conn, event)


def _author() -> Author:
    return Author(name=operating_system_user(), at=SystemClock().now())


def _zone(ctx: click.Context) -> ZoneInfo:
    return loaded_settings(ctx).settings.zone
