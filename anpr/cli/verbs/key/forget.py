# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key forget`: removes all keys of a reader, for one that was enrolled by mistake."""

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.reader_keys import forget_reader


@click.command(name="forget")
@click.argument("reader_id", metavar="READER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def command(ctx: click.Context, reader_id: str, yes: bool) -> None:
    """Remove all keys of READER, also revoked ones: it may send unsigned again, and so may others in its name."""
    if not yes:
        click.confirm(f"Let anybody with a login at the broker speak for reader {reader_id}?", abort=True, err=True)
    now = SystemClock().now()
    with open_database(loaded_settings(ctx).settings, "anpr key") as database, database.transaction() as conn:
        gone = forget_reader(conn, reader_id)
        detail = {"reader": reader_id, "fingerprints": gone}
        append(
            conn, AuditEvent(actor=operating_system_user(), action=AuditAction.KEYS_FORGOTTEN, at=now, detail=detail)
        )
    click.echo(f"reader {reader_id}: {', '.join(gone)} forgotten")
