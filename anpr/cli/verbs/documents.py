# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr documents`: registers and documents of the site as it runs, in Italian; and what is about to end."""

from pathlib import Path

import click

from anpr.cli.common.database import open_database
from anpr.cli.main import loaded_settings
from anpr.documents.collect import collect, collect_ends
from anpr.documents.ends import End, ends_of
from anpr.documents.write import write_documents
from anpr.runtime.clock import SystemClock

_ORGANISATION = click.option(
    "--organisation", metavar="ID", help="Only what this organisation owns, and its agreements."
)


@click.group(name="documents")
def command() -> None:
    """Documents made from what runs, in Italian, as HTML and PDF. No plate and no camera's address is in them.

    \b
    anpr documents make --folder documenti
    anpr documents ending
    """


@command.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Made where it is missing.")
@_ORGANISATION
@click.pass_context
def make(ctx: click.Context, folder: Path, organisation: str | None) -> None:
    """Write the register, the draft DPIA, the notices, the dossier and what is about to end."""
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr documents") as database:
        with database.transaction() as conn:
            facts = collect(conn, settings, SystemClock().now(), organisation)
        for path in write_documents(facts, folder):
            click.echo(str(path))


@command.command()
@_ORGANISATION
@click.pass_context
def ending(ctx: click.Context, organisation: str | None) -> None:
    """Print what has a last day, the earliest first; exit with 1 when something is over or ends within 30 days.

    Entries of lists that end within 14 days are counted by list, and change no exit status.
    """
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr documents") as database, database.transaction() as conn:
        facts = collect_ends(conn, settings, SystemClock().now(), organisation)
    ends = ends_of(facts)
    for end in ends:
        click.echo("\t".join([_left(end), str(end.last_day), str(end.kind), end.name, end.owner or "-"]))
    for each in facts.entries:
        owner = facts.names.get(each.organisation_id, "-")
        left = f"{(each.first - facts.today).days} days left"
        click.echo("\t".join([left, str(each.first), "entries", f"{each.number} of {each.name}", owner]))
    ctx.exit(1 if any(end.presses for end in ends) else 0)


def _left(end: End) -> str:
    if end.days_left < 0:
        return f"over for {-end.days_left} days"
    return f"{end.days_left} days left"
