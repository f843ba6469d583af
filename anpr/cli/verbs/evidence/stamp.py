# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence stamp`: a time stamp for a package that has none, in a new file."""

from pathlib import Path

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.evidence import as_its_organisation, find_investigation, stamp_line
from anpr.cli.main import loaded_settings
from anpr.evidence.archive import sha256_of_file
from anpr.evidence.late_stamp import stamp_late
from anpr.evidence.stamping import Stamping
from anpr.evidence.verification import verify_package
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.investigations.life import tell


@click.command(name="stamp")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file.")
@click.pass_context
def command(ctx: click.Context, file: Path, out: Path) -> None:
    """Ask the authority of evidence.time_stamp for a stamp of FILE, a package of this site; recorded."""
    settings, clock = loaded_settings(ctx).settings, SystemClock()
    reference = verify_package(file).reference
    with open_database(settings, "anpr evidence") as database:
        found = find_investigation(database, reference)
        outcome = stamp_late(file, out, Stamping.of(settings.evidence.time_stamp))
        by = Author(name=operating_system_user(), at=clock.now())
        told = {"sha256": sha256_of_file(out), "sha256_before": sha256_of_file(file), **outcome.audited}
        with as_its_organisation(database, settings, clock, found).transaction() as conn:
            tell(conn, AuditAction.EVIDENCE_STAMPED, found, by, **told)
    click.echo(f"{out}: {stamp_line(outcome)}")
