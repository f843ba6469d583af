# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key enrol`: registers a reader's public key at the centre."""

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.contract.signature import PublicKey
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.reader_keys import enrol_key


@click.command(name="enrol")
@click.argument("reader_id", metavar="READER")
@click.argument("public_key", metavar="PUBLIC_KEY")
@click.pass_context
def command(ctx: click.Context, reader_id: str, public_key: str) -> None:
    """Let READER sign with PUBLIC_KEY (as `anpr key new` printed it), beside the keys that it has.

    From now on what comes unsigned in its name is refused: enrol a key when the reader signs with it already.
    """
    key, now = PublicKey(public_key), SystemClock().now()
    detail = {"reader": reader_id, "fingerprint": key.fingerprint}
    event = AuditEvent(actor=operating_system_user(), action=AuditAction.KEY_ENROLLED, at=now, detail=detail)
    with open_database(loaded_settings(ctx).settings, "anpr key") as database, database.transaction() as conn:
        enrol_key(conn, reader_id, key, now)
        append(conn, event)
    click.echo(f"reader {reader_id}: key {key.fingerprint} enrolled; compare it with the one that the reader shows")
