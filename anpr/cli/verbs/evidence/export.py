# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence export`: a package on a medium, read back and verified, with what its receiver needs beside it."""

from pathlib import Path

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database
from anpr.cli.common.evidence import MadePackage, make_evidence, stamp_line
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.search_reason import check_reason
from anpr.evidence.medium import read_back, write_beside
from anpr.evidence.receipt import Delivery
from anpr.runtime.clock import SystemClock
from anpr.store.author import Author
from anpr.store.investigations.deliveries import check_delivery, note_delivery


@click.command(name="export")
@click.argument("investigation")
@click.option(
    "--to",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="A folder of the medium.",
)
@click.option("--reason", default="", help="Why you hand it over; required, and recorded.")
@click.option("--receiver", required=True, help="To whom the medium goes; recorded, and on the receipt.")
@click.option("--medium", default="supporto", show_default=True, help="What the medium is called, such as its label.")
@click.pass_context
def command(ctx: click.Context, investigation: str, folder: Path, reason: str, receiver: str, medium: str) -> None:
    """Write the package of INVESTIGATION (its reference or #NUMBER) to a medium, with LEGGIMI.txt and a receipt to sign
    (verbale.pdf) in a folder of its own; read it back and verify it. Exit with 1 where the medium gives back something
    else."""
    check_delivery(receiver, medium)
    reason, settings, clock = check_reason(reason), loaded_settings(ctx).settings, SystemClock()
    with open_database(settings, "anpr evidence") as database:
        place = _new_folder(folder, f"fascicolo-{clock.now().astimezone(settings.zone):%Y%m%d-%H%M%S}")
        file = place / f"{place.name}.zip"
        made = make_evidence(database, settings, clock, investigation, file, reason)
        read_back(file, made.result.sha256, made.key.public)
        by = Author(name=made.made.by, at=clock.now())
        with made.acting.transaction() as conn:
            row = note_delivery(conn, made.of, by, made.result.sha256, receiver, medium)
        write_beside(place, _delivery(made, file, by, (receiver, medium), row))
    result = made.result
    click.echo(f"{file}: {counted(result.transits, 'transit')}, {result.missing} missing, SHA-256 {result.sha256}")
    click.echo(stamp_line(result.stamp))
    click.echo(f"read back and verified; fingerprint of the site's key: {made.key.public.fingerprint}")


def _new_folder(folder: Path, name: str) -> Path:
    try:
        (folder / name).mkdir()
    except OSError as exc:
        raise InputError(f"{folder / name}: {exc.strerror or exc}") from exc
    return folder / name


def _delivery(made: MadePackage, file: Path, by: Author, to: tuple[str, str], row: int) -> Delivery:
    return Delivery(
        reference=made.of.reference,
        title=made.of.title,
        authority=made.of.authority,
        municipality=made.made.municipality,
        organisation=made.made.organisation,
        archive=file.name,
        sha256=made.result.sha256,
        size=made.result.size,
        stamped_at=made.result.stamp.at,
        key_fingerprint=made.key.public.fingerprint,
        by=by.name,
        to=to[0].strip(),
        medium=to[1].strip(),
        at=by.at,
        row=row,
        version=made.made.version,
        zone=made.made.zone,
    )
