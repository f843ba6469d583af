# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr organisation`: who shares this system, and what each of them owns. Every change is in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.organisations.registry import (
    Owned,
    add_organisation,
    change_organisation,
    get_organisation,
    list_organisations,
    own,
    owned_by,
)

_KIND = click.Choice([str(kind) for kind in OrganisationKind])


@click.group(name="organisation")
def command() -> None:
    """Municipalities, unions and forces that share this system; `manager` runs it and is always there.

    \b
    anpr organisation add empoli "Comune di Empoli" --contact polizia.locale@comune.example
    anpr organisation own empoli --gate via-tosco --watchlist empoli-locale
    """


@command.command()
@click.argument("organisation_id", metavar="ID")
@click.argument("name")
@click.option("--kind", type=_KIND, default="municipality", show_default=True)
@click.option("--contact", default="", help="Whom to ask there.")
@click.option("--controller", default="", help="The data controller that notices name.")
@click.pass_context
def add(ctx: click.Context, organisation_id: str, name: str, kind: str, contact: str, controller: str) -> None:
    """Add the organisation ID, called NAME."""
    made = Organisation(
        id=organisation_id, name=name, kind=OrganisationKind(kind), contact=contact, controller=controller
    )
    with _edit(ctx) as conn:
        add_organisation(conn, made)
        _note(conn, AuditAction.ORGANISATION_SAVED, saved=made.id, name=made.name, kind=kind)
    click.echo(f"organisation {made.id}: added")


@command.command()
@click.argument("organisation_id", metavar="ID")
@click.option("--name")
@click.option("--kind", type=_KIND)
@click.option("--contact")
@click.option("--controller")
@click.pass_context
def change(ctx: click.Context, /, organisation_id: str, **wanted: str | None) -> None:
    """Change what is known of the organisation ID; what is not named stays."""
    with _edit(ctx) as conn:
        now = get_organisation(conn, organisation_id)
        changed = Organisation(
            id=now.id,
            name=wanted["name"] or now.name,
            kind=OrganisationKind(wanted["kind"] or now.kind),
            contact=now.contact if wanted["contact"] is None else wanted["contact"],
            controller=now.controller if wanted["controller"] is None else wanted["controller"],
        )
        change_organisation(conn, changed)
        _note(conn, AuditAction.ORGANISATION_SAVED, saved=changed.id, name=changed.name, kind=str(changed.kind))
    click.echo(f"organisation {organisation_id}: changed")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the organisations: id, kind, name, gates, lists."""
    with _edit(ctx) as conn:
        found, owned = list_organisations(conn), owned_by(conn)
    for each in found:
        own_things = owned.get(each.id, Owned())
        things = [" ".join(ids) or "-" for ids in (own_things.gate_ids, own_things.watchlist_ids)]
        click.echo("\t".join([each.id, str(each.kind), each.name, *things]))


@command.command(name="own")
@click.argument("organisation_id", metavar="ID")
@click.option("--gate", "gates", multiple=True, metavar="ID", help="This gate; may be repeated.")
@click.option("--watchlist", "watchlists", multiple=True, metavar="ID", help="This list; may be repeated.")
@click.pass_context
def own_command(ctx: click.Context, organisation_id: str, gates: tuple[str, ...], watchlists: tuple[str, ...]) -> None:
    """Give gates and lists to the organisation ID. Nobody else sees what passes there, unless an agreement says so."""
    if not gates and not watchlists:
        raise click.UsageError("expected --gate or --watchlist")
    with _edit(ctx) as conn:
        own(conn, organisation_id, gates, watchlists)
        _note(conn, AuditAction.OWNER_CHANGED, owner=organisation_id, gates=list(gates), watchlists=list(watchlists))
    click.echo(f"organisation {organisation_id}: owns {', '.join([*gates, *watchlists])}")


@contextmanager
def _edit(ctx: click.Context) -> Iterator[Connection]:
    with open_database(loaded_settings(ctx).settings, "anpr organisation") as database, database.transaction() as conn:
        yield conn


def _note(conn: Connection, action: AuditAction, **detail: object) -> None:
    append(conn, AuditEvent(actor=operating_system_user(), action=action, at=SystemClock().now(), detail=detail))
