# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pseudo-labels: the corners of street photographs' plates as the shipped corner network finds them.

    python -m scripts.training.mark_corners STREETS --out marks.csv

STREETS is a folder as `anpr evaluate` takes it (images/, truth.csv). The CSV is what `train_recogniser --marks` takes:
file, plate, x1 … y4 in px of the photograph. A plate of whose corners the network is unsure is left out; the training
takes its box.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from anpr.capture.image_file import read_image
from anpr.domain.errors import AnprError
from anpr.domain.read import Box
from anpr.reader.rectify.build import build_corner_finder
from anpr.reader.rectify.corners import CornerFinder
from anpr.reader.rectify.look import UNSURE
from anpr.settings import RectifierSettings
from scripts.training.recogniser.data.streets import MARK_COLUMNS, rows_of

_LEAST_PLATE = 0.5
"""Probability that it is a plate at all, below which its corners are no evidence."""
Row = tuple[str | float, ...]


@click.command(help=__doc__)
@click.argument("streets", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(streets: Path, out: Path) -> None:
    """Parse the command line and run."""
    try:
        finder = build_corner_finder(RectifierSettings(), 1)
        assert finder is not None
        marked = list(mark(streets, finder))
    except AnprError as exc:
        raise click.ClickException(str(exc)) from exc
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "plate", *MARK_COLUMNS))
        writer.writerows(marked)
    click.echo(f"{len(marked)} plates marked")


def mark(streets: Path, finder: CornerFinder) -> Iterator[Row]:
    """The rows of the CSV. Raises InputError, ModelError."""
    for row in rows_of(streets / "truth.csv"):
        if not row["plate"]:
            continue
        x, y, w, h = (float(row[name]) for name in "xywh")
        corners = finder.find(read_image(streets / "images" / row["file"]), Box(x=x, y=y, w=w, h=h))
        if corners is not None and corners.spread < UNSURE and corners.plate > _LEAST_PLATE:
            yield (row["file"], row["plate"], *(round(float(value), 2) for value in corners.quad.ravel()))


if __name__ == "__main__":
    main()
