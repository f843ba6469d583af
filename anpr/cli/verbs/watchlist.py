# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr watchlist`: create, import, show and edit watchlists. Every edit is a row in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.words import MATCH, PRIORITY
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.gate import Keep
from anpr.domain.local_time import last_day_included, read_time
from anpr.domain.plate import normalise
from anpr.domain.watchlist import Entry, MatchMode, Priority, Watchlist
from anpr.runtime.clock import SystemClock
from anpr.store.alarms.retro import pending_entries, retro_changes
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.watchlists.entries import ImportMode, NewEntry, add_entry, import_entries, list_entries, remove_entries
from anpr.store.watchlists.entries_csv import check_validity, read_entries_csv
from anpr.store.watchlists.lists import delete_watchlist, get_watchlist, list_watchlists, save_watchlist

_ID = click.argument("watchlist_id", metavar="ID")


@click.group(name="watchlist")
def command() -> None:
    """Import, list and edit watchlists."""


@command.command()
@_ID
@click.option("--name", required=True, help="As screens show it.")
@click.option("--priority", type=PRIORITY, required=True)
@click.option("--purpose", required=True, help="Why the list is kept (D.Lgs. 51/2018).")
@click.option("--legal-basis", required=True, help="The act that allows it.")
@click.option("--match", type=MATCH, default="exact", show_default=True)
@click.option("--min-probability", type=float, default=0.5, show_default=True, help="For --match probability.")
@click.pass_context
def create(ctx: click.Context, /, watchlist_id: str, priority: str, match: str, **settings: Any) -> None:
    """Create the list ID, or change its settings; its entries stay."""
    watchlist = Watchlist(id=watchlist_id, priority=Priority(priority), match=MatchMode(match), **settings)
    detail = {name: getattr(watchlist, name) for name in Watchlist.__dataclass_fields__ if name != "id"}
    with _edit(ctx, AuditAction.WATCHLIST_SAVED, watchlist_id, detail) as conn:
        save_watchlist(conn, watchlist)
    click.echo(f"watchlist {watchlist_id} saved")


@command.command(name="import")
@_ID
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Make FILE the whole list: entries that are not in it are taken off.")
@click.pass_context
def import_command(ctx: click.Context, watchlist_id: str, path: Path, replace: bool) -> None:
    """Put the entries of the CSV FILE (plate,reason,valid_from,valid_to) on the list ID: all, or none at an error.

    A day alone as valid_to is included.
    """
    entries = read_entries_csv(path, _zone(ctx))
    mode = ImportMode.REPLACE if replace else ImportMode.ADD
    detail: dict[str, object] = {"file": path.name, "mode": mode}
    with _edit(ctx, AuditAction.WATCHLIST_IMPORTED, watchlist_id, detail) as conn:
        result = import_entries(conn, watchlist_id, entries, mode)
        counts = {name: getattr(result, name) for name in ("added", "changed", "unchanged", "removed")}
        detail |= counts
    click.echo(f"watchlist {watchlist_id}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))


@command.command()
@_ID
@click.argument("plate")
@click.option("--reason", required=True, help="Why this plate is looked for.")
@click.option("--from", "valid_from", default="", metavar="TIME", help="Valid for captures from; local time.")
@click.option(
    "--to",
    "valid_to",
    default="",
    metavar="TIME",
    help="Valid for captures before; a day alone is included: 2026-12-31.",
)
@click.pass_context
def add(ctx: click.Context, /, watchlist_id: str, plate: str, reason: str, valid_from: str, valid_to: str) -> None:
    """Put PLATE on the list ID."""
    zone = _zone(ctx)
    starts, ends = read_time("--from", valid_from, zone), read_time("--to", valid_to, zone, is_end=True)
    check_validity("--to", starts, ends)
    entry = NewEntry(plate=_normal(plate), reason=reason, valid_from=starts, valid_to=ends)
    detail: dict[str, object] = {
        "plate": entry.plate,
        "reason": reason,
        "valid_from": _iso(starts, zone),
        "valid_to": _iso(ends, zone),
    }
    with _edit(ctx, AuditAction.ENTRY_ADDED, watchlist_id, detail) as conn:
        added = add_entry(conn, watchlist_id, entry)
    until = f", until {_end(ends, zone)}" if ends else ""
    click.echo(f"watchlist {watchlist_id}: {added.plate} added as entry {added.id}{until}")


@command.command()
@_ID
@click.argument("plate")
@click.pass_context
def remove(ctx: click.Context, watchlist_id: str, plate: str) -> None:
    """Take PLATE off the list ID."""
    detail: dict[str, object] = {"plate": _normal(plate)}
    with _edit(ctx, AuditAction.ENTRY_REMOVED, watchlist_id, detail) as conn:
        removed = remove_entries(conn, watchlist_id, _normal(plate))
        detail["entries"] = [entry.id for entry in removed]
    click.echo(f"watchlist {watchlist_id}: {_normal(plate)} removed ({counted(len(removed), 'entry')})")


@command.command()
@_ID
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def delete(ctx: click.Context, watchlist_id: str, yes: bool) -> None:
    """Delete the list ID with all its entries; alarms it raised stay."""
    if not yes:
        click.confirm(f"Delete watchlist {watchlist_id} with all its entries?", abort=True, err=True)
    detail: dict[str, object] = {}
    with _edit(ctx, AuditAction.WATCHLIST_DELETED, watchlist_id, detail) as conn:
        detail["entries"] = removed = delete_watchlist(conn, watchlist_id)
    click.echo(f"watchlist {watchlist_id} deleted with {counted(removed, 'entry')}")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the watchlists."""
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        found = list_watchlists(conn)
    for watchlist, number in found:
        click.echo(
            f"{watchlist.id}\t{watchlist.priority}\t{watchlist.match}\t{counted(number, 'entry')}\t{watchlist.name}"
        )


@command.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.pass_context
def retro(ctx: click.Context, limit: int) -> None:
    """Show what was found in the past for the entries that came last; `anpr ingest` does the search."""
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        pending, changes = pending_entries(conn), retro_changes(conn, limit)
        hits_only = [gate.id for gate in list_gates(conn) if gate.keep is Keep.HITS]
    click.echo(f"not looked for in the past yet: {counted(pending, 'entry')}")
    if hits_only:
        click.echo(f"gates that keep hits only, so that no search of the past finds others: {', '.join(hits_only)}")
    for change in changes:
        moment = change.changed_at.astimezone(_zone(ctx)).isoformat(" ", "seconds")
        click.echo(
            f"{moment}\t{', '.join(change.watchlists)}\t{counted(change.searched, 'entry')}"
            f"\t{counted(change.found, 'transit')} found\t{counted(change.raised, 'alarm')}"
            f"\t{change.held_back} held back"
        )


@command.command()
@_ID
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=200, show_default=True)
@click.pass_context
def show(ctx: click.Context, watchlist_id: str, limit: int) -> None:
    """Print the list ID and its entries; this is recorded."""
    zone = _zone(ctx)
    with _edit(ctx, AuditAction.WATCHLIST_VIEWED, watchlist_id, {"limit": limit}) as conn:
        watchlist = get_watchlist(conn, watchlist_id)
        entries = list_entries(conn, watchlist_id, limit=limit)
    for name in Watchlist.__dataclass_fields__:
        click.echo(f"{name.replace('_', ' ')}: {getattr(watchlist, name)}")
    for entry in entries:
        click.echo(_entry_line(entry, zone))
    if len(entries) == limit:
        click.echo(f"(the first {limit}; there may be more)", err=True)


@contextmanager
def _edit(
    ctx: click.Context, action: AuditAction, watchlist_id: str, detail: dict[str, object]
) -> Iterator[Connection]:
    """A transaction that ends with its row in the audit; `detail` may be filled in meanwhile."""
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        yield conn
        actor, at = operating_system_user(), SystemClock().now()
        append(conn, AuditEvent(actor=actor, action=action, at=at, detail={"watchlist": watchlist_id, **detail}))


def _zone(ctx: click.Context) -> ZoneInfo:
    return loaded_settings(ctx).settings.zone


def _normal(plate: str) -> str:
    try:
        return normalise(plate)
    except ValueError as exc:
        raise InputError(f"plate {plate!r}: {exc}") from exc


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def _entry_line(entry: Entry, zone: ZoneInfo) -> str:
    starts = entry.valid_from.astimezone(zone).isoformat(" ", "seconds") if entry.valid_from else ""
    return "\t".join([entry.plate, entry.reason, starts, _end(entry.valid_to, zone) if entry.valid_to else ""])


def _end(moment: datetime, zone: ZoneInfo) -> str:
    """As it was most likely given: the last day that is included, or the moment."""
    day = last_day_included(moment, zone)
    return f"{day} included" if day else moment.astimezone(zone).isoformat(" ", "seconds")
