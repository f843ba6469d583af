# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key revoke`: ends keys, so that what they sign is refused."""

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.reader_keys import revoke_keys


@click.command(name="revoke")
@click.argument("name", metavar="READER|FINGERPRINT")
@click.pass_context
def command(ctx: click.Context, name: str) -> None:
    """End the key with this fingerprint, or all keys of a reader: what they sign is refused from now on.

    The reader must still sign, with another key.
    """
    now = SystemClock().now()
    with open_database(loaded_settings(ctx).settings, "anpr key") as database, database.transaction() as conn:
        ended = revoke_keys(conn, name, now)
        detail = {"reader or key": name, "fingerprints": ended}
        append(conn, AuditEvent(actor=operating_system_user(), action=AuditAction.KEY_REVOKED, at=now, detail=detail))
    click.echo(f"revoked {', '.join(ended)}")
