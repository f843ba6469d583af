# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit mail-head`: the newest row's number and hash, mailed now."""

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.ingest.audit_mail import mail_head
from anpr.mail.smtp import SmtpSender
from anpr.runtime.clock import SystemClock
from anpr.settings.mail_address import check_mail_address


@click.command(name="mail-head")
@click.option("--to", multiple=True, metavar="ADDRESS", help="Instead of those in audit.mail_to.")
@click.pass_context
def command(ctx: click.Context, to: tuple[str, ...]) -> None:
    """Mail the newest row's number and hash now, as ingest does each day; to try the mail server, or before an
    audit."""
    settings, clock = loaded_settings(ctx).settings, SystemClock()
    addresses = [_address(each) for each in to] or list(settings.audit.mail_to)
    if not addresses:
        raise InputError("--to: no address is given, and audit.mail_to has none")
    with open_database(settings, "anpr audit") as database:
        send = SmtpSender(settings.mail, clock).send
        head = mail_head(database, settings, clock, send, actor=operating_system_user(), to=addresses)
    if head is None:
        raise InputError("the audit has no row yet")
    click.echo(f"mailed to {', '.join(addresses)}: {head}")


def _address(text: str) -> str:
    try:
        return check_mail_address(text)
    except ValueError as exc:
        raise InputError(f"--to: {text!r}: {exc}") from exc
