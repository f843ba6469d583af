# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr watchlist fetch` and `received`: lists that a centre hands out, taken now, shown, or made local."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.list_delivery import DeliveryOutcome
from anpr.listfiles.pickup import Pickup
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.watchlists.received import ListedDelivery, ReceivedState, received_states, stop_receiving

_SHOWN = 10


@click.command()
@click.argument("watchlist_id", metavar="ID", required=False)
@click.pass_context
def fetch(ctx: click.Context, watchlist_id: str | None) -> None:
    """Fetch the list ID, or all of watchlists.pickup, from its place now, and take what it brings.

    A place is asked as if nothing were known of it, so that the same comes again; it changes nothing then. Exits with 1
    when something failed.
    """
    settings = loaded_settings(ctx).settings
    if watchlist_id and all(each.watchlist != watchlist_id for each in settings.watchlists.pickup):
        raise InputError(f"watchlist {watchlist_id}: watchlists.pickup has none of this id")
    with open_database(settings, "anpr watchlist fetch") as database:
        clock = SystemClock()
        pickup = Pickup(database=database, settings=settings.watchlists, zone=settings.zone, clock=clock)
        failed = pickup.look(watchlist_id, now=True)
        _show(database, settings, watchlist_id, shown=1)
    ctx.exit(1 if failed else 0)


@click.command()
@click.argument("watchlist_id", metavar="ID", required=False)
@click.option("--local", is_flag=True, help="Make ID a local list: it keeps its entries, and people edit it.")
@click.option("--reason", default="", help="Why, with --local; it is recorded.")
@click.pass_context
def received(ctx: click.Context, watchlist_id: str | None, local: bool, reason: str) -> None:
    """Show lists that a centre hands out: version, age, last look and last deliveries."""
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr watchlist received") as database:
        if local:
            _make_local(database, settings, watchlist_id, reason)
            return
        _show(database, settings, watchlist_id, shown=_SHOWN)


def _make_local(database: Database, settings: Settings, watchlist_id: str | None, reason: str) -> None:
    if not watchlist_id or not reason.strip():
        raise InputError("--local: name the list, and say with --reason why")
    if any(each.watchlist == watchlist_id and each.received for each in settings.watchlists.pickup):
        raise InputError(f"watchlist {watchlist_id}: take `received` out of watchlists.pickup first")
    with database.transaction() as conn:
        if not stop_receiving(conn, watchlist_id):
            raise InputError(f"watchlist {watchlist_id}: no list that a centre hands out")
        event = AuditEvent(
            actor=operating_system_user(),
            action=AuditAction.WATCHLIST_SAVED,
            at=SystemClock().now(),
            reason=reason.strip(),
            detail={"watchlist": watchlist_id, "was": {"received": True}},
        )
        append(conn, event)
    click.echo(f"watchlist {watchlist_id}: a local list from now on")


def _show(database: Database, settings: Settings, watchlist_id: str | None, shown: int) -> None:
    with database.transaction() as conn:
        states = received_states(conn, watchlist_id, shown)
    if not states:
        click.echo("no list is received from a centre", err=True)
    for state in states:
        click.echo(_line(state, settings.zone))
        for each in state.deliveries:
            click.echo(f"  {_delivery_line(each, settings.zone)}")


def _line(state: ReceivedState, zone: ZoneInfo) -> str:
    received, look = state.received, state.look
    version = received.held.version.text if received.held.version else "none"
    told = [received.watchlist_id, received.sender, f"version {version}", f"as of {_local(received.as_of, zone)}"]
    told += [f"taken {_local(received.taken_at, zone)}", f"looked {_local(look.at if look else None, zone)}"]
    if look and look.failing_since:
        told.append(f"failing since {_local(look.failing_since, zone)}: {look.failure}")
    if received.needs_full:
        told.append("a whole list is needed")
    return "\t".join(told)


def _delivery_line(each: ListedDelivery, zone: ZoneInfo) -> str:
    version = f"{each.kind} {each.version or '-'}" + (f" for {each.base}" if each.base else "")
    told = [_local(each.arrived_at, zone), version, str(each.outcome), each.file_name]
    if each.added is not None:
        size = counted(each.size or 0, "entry")
        told.append(f"{each.added} new, {each.changed} changed, {each.removed} gone of {size}")
    if each.outcome is DeliveryOutcome.HELD:
        told.append(f"proposal {each.proposal_id} waits in the console")
    return "\t".join([*told, each.detail] if each.detail else told)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(" ", "seconds") if moment else "-"
