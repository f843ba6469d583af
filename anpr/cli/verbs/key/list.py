# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key list`: the readers' keys."""

import click

from anpr.cli.common.database import open_database
from anpr.cli.main import loaded_settings
from anpr.store.reader_keys import list_keys


@click.command(name="list")
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the readers' keys: reader, fingerprint, since when, and until when where it was revoked."""
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr key") as database, database.transaction() as conn:
        keys = list_keys(conn)
    for key in keys:
        since = key.enrolled_at.astimezone(settings.zone).isoformat(" ", "seconds")
        until = key.revoked_at.astimezone(settings.zone).isoformat(" ", "seconds") if key.revoked_at else ""
        click.echo("\t".join([key.reader_id, key.fingerprint, since, *([f"revoked {until}"] if until else [])]))
