# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence make`: the package of an investigation in a new file, signed with the site's key."""

from pathlib import Path

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database
from anpr.cli.common.evidence import make_evidence, stamp_line
from anpr.cli.main import loaded_settings
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import SystemClock


@click.command(name="make")
@click.argument("investigation")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file.")
@click.option("--reason", default="", help="Why you make it; required, and recorded.")
@click.pass_context
def command(ctx: click.Context, investigation: str, out: Path, reason: str) -> None:
    """Write the package of INVESTIGATION, its reference or #NUMBER. That it is made is recorded before and after."""
    reason, settings, clock = check_reason(reason), loaded_settings(ctx).settings, SystemClock()
    with open_database(settings, "anpr evidence") as database:
        made = make_evidence(database, settings, clock, investigation, out, reason)
    result = made.result
    click.echo(f"{out}: {counted(result.transits, 'transit')}, {result.missing} missing, SHA-256 {result.sha256}")
    click.echo(stamp_line(result.stamp))
    click.echo(f"signed by {made.key.public.text}; verify it with: anpr evidence verify {out}")
