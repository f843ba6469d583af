# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copies a folder of labelled images with its labels corrected by eye (scripts/training/detector/label_fixes.py).

    python -m scripts.training.fix_labels ../shared/data/det OUT
    anpr evaluate OUT

OUT gets links to the images, labels of its own and the manifest.
"""

import shutil
from pathlib import Path

import click

from anpr.domain.errors import AnprError
from scripts.training.detector.folder import read_folder
from scripts.training.detector.label_fixes import MENDED, mend, read_changes


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--changes",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=MENDED,
    help="Another list of changes.",
)
def main(data: Path, out: Path, listed: Path) -> None:
    """Parse the command line and run."""
    try:
        changes = read_changes(listed)
        mended = mend(read_folder(data), changes, out)
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    shutil.copyfile(data / "manifest.csv", out / "manifest.csv")
    here = [change for picture in (*mended.train, *mended.val) if (change := changes.get(picture.name))]
    added, dropped = sum(len(change.add) for change in here), sum(len(change.drop) for change in here)
    click.echo(f"{added} labels added, {dropped} dropped, in {len(here)} pictures: {out}")


if __name__ == "__main__":
    main()
