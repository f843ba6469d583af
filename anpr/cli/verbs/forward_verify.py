# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr forward verify`: a completeness or conformance report on any machine, without database, settings or network."""

from pathlib import Path

import click

from anpr.contract.signature import PublicKey
from anpr.forward.verification import verify_report


@click.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public-key", help="The site's key, as `anpr audit key` prints it there.")
@click.pass_context
def verify(ctx: click.Context, file: Path, public_key: str | None) -> None:
    """Check signature and files of a report: FILE is the ZIP of a completeness report from the console, or the
    manifest.json that `report --to` or `conformance` wrote, beside its files. Exit with 1 where one was changed, is
    missing or was added, and name each."""
    found = verify_report(file, PublicKey(public_key) if public_key else None)
    for fault in found.faults:
        click.echo(f"{file}: {fault}", err=True)
    if found.faults:
        ctx.exit(1)
    click.echo(f"{file}: {found.kind}: {found.about}: {found.verdict}, as it was signed")
    if public_key is None:
        click.echo(f"signed by {found.public_key.text}: compare it with what the site's `anpr audit key` prints")
