# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr watchlist`: create, import, show and edit watchlists. Every edit is a row in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.words import KIND, MATCH, PRIORITY
from anpr.cli.main import loaded_settings
from anpr.cli.verbs import watchlist_files, watchlist_received
from anpr.domain.errors import InputError
from anpr.domain.gate import Keep
from anpr.domain.local_time import last_day_included, read_time
from anpr.domain.partial_plate import normalise_listed
from anpr.domain.watchlist import MOST_HOURS, Entry, ListKind, MatchMode, Priority, Watchlist
from anpr.runtime.clock import SystemClock
from anpr.store.alarms.retro import pending_entries, retro_changes
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.watchlists.entries import NewEntry, add_entry, check_validity, list_entries, remove_entries
from anpr.store.watchlists.lists import delete_watchlist, find_watchlist, get_watchlist, list_watchlists, save_watchlist
from anpr.store.watchlists.locks import lock_to_change
from anpr.store.watchlists.received import stop_receiving

_ID = click.argument("watchlist_id", metavar="ID")
_KEPT = ("valid_to", "stale_after_hours", "instructions", "second_person", "urgent_hours")
"""Settings that stay as they are where `create` does not say them."""


@click.group(name="watchlist")
def command() -> None:
    """Import, list and edit watchlists."""


for _verb in (
    watchlist_files.import_command,
    watchlist_files.history,
    watchlist_files.undo,
    watchlist_files.pickup,
    watchlist_received.fetch,
    watchlist_received.received,
):
    command.add_command(_verb)


@command.command()
@_ID
@click.option("--name", required=True, help="As screens show it.")
@click.option("--priority", type=PRIORITY, required=True)
@click.option(
    "--kind",
    type=KIND,
    help="What it is for: of allowed plates (permits, own vehicles) no alarm is raised. local when not said.",
)
@click.option("--purpose", required=True, help="Why the list is kept (D.Lgs. 51/2018).")
@click.option("--legal-basis", required=True, help="The act that allows it.")
@click.option("--match", type=MATCH, default="exact", show_default=True)
@click.option("--min-probability", type=float, default=0.5, show_default=True, help="For --match probability.")
@click.option(
    "--to",
    "valid_to",
    metavar="TIME",
    help="The list's end: what is captured from then on matches none of its entries. A day alone is included."
    " `none`: it has no end (any more).",
)
@click.option(
    "--stale-after",
    "stale_after",
    metavar="HOURS",
    help="Warn when its entries have not changed for longer, as of a list that comes anew every day."
    " `none`: it does not grow old (any more).",
)
@click.option(
    "--instructions",
    help="What to do or whom to call when one of its vehicles passes, where its entry says nothing itself.",
)
@click.option(
    "--second-person/--no-second-person",
    default=None,
    help="Whether each change of it waits until another person approves it in the console; taken back there only.",
)
@click.option("--urgent-hours", type=int, help="So long an urgent entry counts before it is approved; 0: none does.")
@click.pass_context
def create(  # noqa: PLR0913, PLR0917  one parameter for each option that is read here
    ctx: click.Context,
    /,
    watchlist_id: str,
    priority: str,
    kind: str | None,
    match: str,
    valid_to: str | None,
    stale_after: str | None,
    instructions: str | None,
    second_person: bool | None,
    urgent_hours: int | None,
    **settings: Any,
) -> None:
    """Create the list ID, or change its settings; its entries stay.

    Of a list that is there, what --kind, --to, --stale-after, --instructions, --second-person and --urgent-hours do not
    say stays as it is.
    """
    zone = _zone(ctx)
    given = _given_ends(valid_to, stale_after, zone)
    if instructions is not None:
        given["instructions"] = instructions.strip()
    asked = {"second_person": second_person, "urgent_hours": urgent_hours}
    given |= {name: value for name, value in asked.items() if value is not None}
    detail: dict[str, object] = {}
    with _edit(ctx, AuditAction.WATCHLIST_SAVED, watchlist_id, detail) as conn:
        before = find_watchlist(conn, watchlist_id)
        kept: dict[str, Any] = {name: getattr(before, name) for name in _KEPT if before}
        known_kind = before.kind if before else ListKind.LOCAL
        watchlist = Watchlist(
            id=watchlist_id,
            kind=ListKind(kind) if kind else known_kind,
            priority=Priority(priority),
            match=MatchMode(match),
            **{**kept, **given},
            **settings,
        )
        if before:
            lock_to_change(conn, watchlist_id, entries=False)
        save_watchlist(conn, watchlist)
        detail |= {name: getattr(watchlist, name) for name in Watchlist.__dataclass_fields__ if name != "id"}
        detail["valid_to"] = _iso(watchlist.valid_to, zone)
    ends = watchlist.valid_to
    click.echo(f"watchlist {watchlist_id} saved" + (f", until {_end(ends, zone)}" if ends else ""))
    for line in _changes(before, watchlist, zone):
        click.echo(f"  {line}")
    if ends and ends <= SystemClock().now():
        text = f"warning: watchlist {watchlist_id}: its end, {_end(ends, zone)}, is over: nothing matches it any more"
        click.echo(text, err=True)


def _given_ends(valid_to: str | None, stale_after: str | None, zone: ZoneInfo) -> dict[str, Any]:
    """What --to and --stale-after set; without what they do not say. Raises InputError."""
    given: dict[str, Any] = {}
    if valid_to is not None:
        given["valid_to"] = None if _is_none(valid_to) else read_time("--to", valid_to, zone, is_end=True)
    if stale_after is not None:
        hours = None if _is_none(stale_after) else stale_after.strip()
        if hours and not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:9]) <= MOST_HOURS):
            raise InputError(f"--stale-after: expected 1 to {MOST_HOURS} hours, or none, not {stale_after!r}")
        given["stale_after_hours"] = int(hours) if hours else None
    return given


def _is_none(text: str) -> bool:
    return text.strip().lower() in {"", "none"}


def _changes(before: Watchlist | None, after: Watchlist, zone: ZoneInfo) -> Iterator[str]:
    """A line for each setting that is another one than before; of a new list, none."""
    for name in Watchlist.__dataclass_fields__ if before else ():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')}: {_setting(old, zone)} -> {_setting(new, zone)}"


def _setting(value: object, zone: ZoneInfo) -> str:
    return "none" if value is None else _end(value, zone) if isinstance(value, datetime) else str(value)


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
@click.option("--instructions", help="What to do or whom to call when it passes; without: what the list says.")
@click.pass_context
def add(  # noqa: PLR0913, PLR0917  one parameter for each option
    ctx: click.Context,
    /,
    watchlist_id: str,
    plate: str,
    reason: str,
    valid_from: str,
    valid_to: str,
    instructions: str | None,
) -> None:
    """Put PLATE on the list ID.

    Also a partial one, as a witness remembers it: AB12* (any signs after), AB?23CD (one sign).
    """
    zone = _zone(ctx)
    starts, ends = read_time("--from", valid_from, zone), read_time("--to", valid_to, zone, is_end=True)
    check_validity("--to", starts, ends)
    entry = NewEntry(
        plate=_normal(plate),
        reason=reason,
        valid_from=starts,
        valid_to=ends,
        instructions=(instructions or "").strip() or None,
    )
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
    """Take PLATE off the list ID; a partial one as it is listed."""
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
        lock_to_change(conn, watchlist_id, entries=False)
        stop_receiving(conn, watchlist_id)
        detail["entries"] = removed = delete_watchlist(conn, watchlist_id)
    click.echo(f"watchlist {watchlist_id} deleted with {counted(removed, 'entry')}")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the watchlists, each with its end where it has one."""
    zone = _zone(ctx)
    with open_database(loaded_settings(ctx).settings, "anpr watchlist") as database, database.transaction() as conn:
        found = list_watchlists(conn)
    for watchlist, number in found:
        click.echo(
            "\t".join([watchlist.id, watchlist.kind, watchlist.priority, watchlist.match, counted(number, "entry")])
            + f"\t{watchlist.name}"
            + (f"\tuntil {_end(watchlist.valid_to, zone)}" if watchlist.valid_to else "")
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
            f"\t{counted(change.found, 'transit')} found\t{counted(change.raised, 'sighting')}"
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
        value = getattr(watchlist, name)
        click.echo(f"{name.replace('_', ' ')}: {_end(value, zone) if isinstance(value, datetime) else value}")
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
        by = Author(name=operating_system_user(), at=SystemClock().now())
        act_as(conn, by)
        yield conn
        append(conn, AuditEvent(actor=by.name, action=action, at=by.at, detail={"watchlist": watchlist_id, **detail}))


def _zone(ctx: click.Context) -> ZoneInfo:
    return loaded_settings(ctx).settings.zone


def _normal(plate: str) -> str:
    try:
        return normalise_listed(plate)
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
