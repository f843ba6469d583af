# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr agreement`: what one organisation opens to another, from one day to another. Every step is in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.organisation import Action, Agreement
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Connection
from anpr.store.organisations.agreements import end_agreement, list_agreements, make_agreement

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(name="agreement")
def command() -> None:
    """What one organisation opens to another. Without an agreement nothing of one is visible to another.

    \b
    anpr agreement make empoli questura --gate via-tosco --allow alarms --allow pictures
                   --purpose "…" --document "Protocollo 12/2026" --from 2026-12-01 --to 2027-11-30
    """


@command.command()
@click.argument("grantor")
@click.argument("grantee")
@click.option("--gate", "gates", multiple=True, metavar="ID", help="Opens this gate; may be repeated.")
@click.option("--watchlist", "watchlists", multiple=True, metavar="ID", help="Opens this list; may be repeated.")
@click.option("--allow", "actions", multiple=True, type=click.Choice([str(each) for each in Action]), required=True,
              help="What may be done; may be repeated.")  # fmt: skip
@click.option("--purpose", required=True)
@click.option("--document", required=True, help="The act that it rests on.")
@click.option("--from", "starts_on", type=_DAY, required=True, help="First day (local).")
@click.option("--to", "ends_on", type=_DAY, required=True, help="Last day (local), included.")
@click.pass_context
def make(ctx: click.Context, /, grantor: str, grantee: str, **options: Any) -> None:
    """GRANTOR opens gates and lists of its own to GRANTEE."""
    wanted = Agreement(
        grantor_id=grantor,
        grantee_id=grantee,
        gate_ids=frozenset(options["gates"]),
        watchlist_ids=frozenset(options["watchlists"]),
        actions=frozenset(Action(each) for each in options["actions"]),
        purpose=options["purpose"],
        document=options["document"],
        starts_on=options["starts_on"].date(),
        ends_on=options["ends_on"].date(),
    )
    now, today = _now(ctx)
    with _edit(ctx) as conn:
        made = make_agreement(conn, wanted, operating_system_user(), now, today)
    click.echo(f"agreement {made.id}: {grantor} opens to {grantee}, from {made.starts_on} to {made.ends_on} included")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the agreements: number, state, grantor, grantee, gates, lists, actions, days, document."""
    _, today = _now(ctx)
    with _edit(ctx) as conn:
        found = list_agreements(conn)
    for each in found:
        opened = [" ".join(sorted(ids)) or "-" for ids in (each.gate_ids, each.watchlist_ids, each.actions)]
        row = [str(each.id), each.state_on(today), each.grantor_id, each.grantee_id, *opened]
        click.echo("\t".join([*row, str(each.starts_on), str(each.ends_on), each.document]))


@command.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.pass_context
def end(ctx: click.Context, number: int) -> None:
    """End the agreement NUMBER before its last day: it opens nothing from now on."""
    now, today = _now(ctx)
    with _edit(ctx) as conn:
        end_agreement(conn, number, operating_system_user(), now, today)
    click.echo(f"agreement {number} ended")


def _now(ctx: click.Context) -> tuple[datetime, date]:
    now = SystemClock().now()
    return now, now.astimezone(loaded_settings(ctx).settings.zone).date()


@contextmanager
def _edit(ctx: click.Context) -> Iterator[Connection]:
    with open_database(loaded_settings(ctx).settings, "anpr agreement") as database, database.transaction() as conn:
        yield conn
