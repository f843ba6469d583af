# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr notify`: tell alarms to people and systems; try a recipient, show the ledger, send again what was given up."""

from datetime import UTC, datetime

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.settings_note import note_settings_of
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind, NotificationState
from anpr.notify.run import run_notifier
from anpr.notify.trial import try_recipient
from anpr.notify.webpush.vapid import load_vapid_key
from anpr.runtime.clock import SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.store.author import Author
from anpr.store.embedded.roles import CentreRole
from anpr.store.notifications.channel_health import ChannelHealth, channel_health
from anpr.store.notifications.ledger import LedgerFilter, LedgerRow, list_notifications, retry, tally
from anpr.store.notifications.recipients import list_recipients

_CHANNELS = click.Choice([str(kind) for kind in ChannelKind])


@click.group(name="notify")
def command() -> None:
    """Tell alarms to people and systems."""


@command.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Tell each new alarm by the rules of the console, until SIGINT or SIGTERM."""
    settings = loaded_settings(ctx).settings
    clock, stop = SystemClock(), stop_on_signals()
    readiness = Readiness(starting="the database is not open yet")
    with (
        probes(settings.metrics_port, readiness, settings.metrics_host),
        open_database(settings, "anpr notify", CentreRole.NOTIFY) as database,
    ):
        note_settings_of(settings, database, "notify", clock)
        run_notifier(settings, database, clock, stop, readiness)


@command.command()
@click.pass_context
def key(ctx: click.Context) -> None:
    """Show the public half of the key for push services (VAPID), and make the key where there is none. It is a file of
    mode 0600 that belongs to every backup: with another key each phone has to be registered again."""
    settings = loaded_settings(ctx).settings
    click.echo(f"{settings.web_push_key_path}  {load_vapid_key(settings.web_push_key_path).public}")


@command.command()
@click.argument("recipient", type=int)
@click.pass_context
def test(ctx: click.Context, recipient: int) -> None:
    """Send a test message to RECIPIENT (its number) now, by this machine's settings. Exit status 1 where it is not
    taken."""
    settings, clock = loaded_settings(ctx).settings, SystemClock()
    with open_database(settings, "anpr notify") as database:
        by = Author(name=operating_system_user(), at=clock.now())
        told = try_recipient(settings, database, clock, recipient, by)
    click.echo(told.line)
    if not told.is_sent:
        ctx.exit(1)


@command.command(name="list")
@click.option("--state", type=click.Choice([str(state) for state in NotificationState]), help="Only these.")
@click.option("--channel", type=_CHANNELS, help="Only these.")
@click.option("--alarm", type=int, help="Only of this alarm.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
@click.pass_context
def list_(ctx: click.Context, /, state: str | None, channel: str | None, alarm: int | None, limit: int) -> None:
    """The recipients with their numbers, how the channels do, and the newest rows of the ledger."""
    which = LedgerFilter(
        state=NotificationState(state) if state else None,
        channel=ChannelKind(channel) if channel else None,
        alarm=alarm,
    )
    with open_database(loaded_settings(ctx).settings, "anpr notify") as database, database.transaction() as conn:
        for each in list_recipients(conn).values():
            off = "" if each.enabled else "  off"
            click.echo(f"recipient {each.id}  {each.organisation_id}  {each.channel}  {each.address}  {each.name}{off}")
        for health in channel_health(conn):
            state_of = (
                f"failing since {_moment(health.failing_since)}: {health.reason}" if health.failing_since else "ok"
            )
            click.echo(f"channel {health.channel}  {state_of if health.is_set_up else 'not set up'}")
        for count in tally(conn):
            click.echo(f"{count.channel} {count.state}: {count.count}")
        for row in list_notifications(conn, which, limit=limit):
            click.echo(_line(row))


@command.command(name="retry")
@click.argument("number", type=int, required=False)
@click.option("--channel", type=_CHANNELS, help="All that were given up by this channel.")
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@click.pass_context
def retry_(ctx: click.Context, number: int | None, channel: str | None, everything: bool) -> None:
    """Send again what was given up: NUMBER of the ledger, or those of a channel, or all."""
    if sum((number is not None, channel is not None, everything)) != 1:
        raise InputError("name one of: a NUMBER, --channel, --all")
    by = Author(name=operating_system_user(), at=SystemClock().now())
    with open_database(loaded_settings(ctx).settings, "anpr notify") as database, database.transaction() as conn:
        rows = retry(conn, by, number=number, channel=ChannelKind(channel) if channel else None)
    click.echo(f"queued again: {counted(len(rows), 'notification')}")


def _line(row: LedgerRow) -> str:
    what = "test" if row.is_test else f"alarm {row.alarm_id}"
    if row.proposal_id is not None:
        what = f"proposal {row.proposal_id}"
    when = _moment(row.settled_at or row.queued_at)
    error = f"  {row.last_error}" if row.last_error else ""
    tries = counted(row.attempts, "attempt")
    return f"{row.id}  {when}  {what}  {row.priority}  {row.channel}  {row.recipient_name}  {row.state}  {tries}{error}"


def _how(health: ChannelHealth) -> str:
    if not health.is_set_up:
        return "not set up"
    return f"failing since {_moment(health.failing_since)}: {health.reason}" if health.failing_since else "ok"


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else "—"
