# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence verify`: a package on any machine, without database, settings or network."""

from datetime import UTC
from pathlib import Path

import click

from anpr.contract.signature import PublicKey
from anpr.evidence.verification import verify_package


@click.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public-key", help="The site's key, as `anpr audit key` prints it there.")
@click.option(
    "--tsa-ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM certificates of the time stamping authority's roots, instead of those in the package.",
)
@click.pass_context
def command(ctx: click.Context, file: Path, public_key: str | None, tsa_ca: Path | None) -> None:
    """Check the signature, every file, every audit row and the time stamp of FILE; exit with 1 where one was changed,
    added or is missing, and name each."""
    roots = tsa_ca.read_bytes() if tsa_ca else None
    found = verify_package(file, PublicKey(public_key) if public_key else None, roots)
    for fault in found.faults:
        click.echo(fault, err=True)
    if found.faults:
        click.echo(f"{file}: NOT as it was signed: {len(found.faults)} faults", err=True)
        ctx.exit(1)
    made = f"{found.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    click.echo(f"{file}: investigation {found.reference}, made {made} by {found.made_by}, reason: {found.reason}")
    click.echo(f"{found.files} files are as they were signed; the package itself lists {found.missing} as missing")
    click.echo(found.stamp.told)
    if public_key is None:
        text, print_ = found.public_key.text, found.public_key.fingerprint
        click.echo(f"signed by {text} (fingerprint {print_}): compare it with what the site's `anpr audit key` prints")
