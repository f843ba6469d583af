# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evaluate`: score the reader on pictures whose plates are known."""

import json
from pathlib import Path

import click

from anpr.cli.common.reader_options import Engines, engine_options
from anpr.cli.main import loaded_settings
from anpr.domain.errors import MediaError
from anpr.reader.evaluate.folders import SPLITS, load_images
from anpr.reader.evaluate.report import as_lines, as_object
from anpr.reader.evaluate.run import our_reader, run
from anpr.reader.evaluate.score import ImageResult, score
from anpr.reader.evaluate.truth import LabelledImage
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.runtime.clock import SystemClock


@click.command(name="evaluate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--misses", is_flag=True, help="Also list each plate that was not read right, on standard error.")
@click.option(
    "--split", type=click.Choice(SPLITS), default="val", show_default=True, help="Of a labels.csv or manifest.csv."
)
@engine_options
@click.pass_context
def command(ctx: click.Context, *, folder: Path, as_json: bool, misses: bool, split: str, engines: Engines) -> None:
    """Score the reader on pictures whose plates are known: FOLDER/truth.csv, or a training folder's own file.

    Columns of truth.csv: file, plate, x, y, w, h (px), country, subset, kind (scene or crop), lines, and light (day,
    night …) where it is known; several rows for a picture with several plates, an empty plate for a picture that shows
    none. Pictures lie in FOLDER/images or in FOLDER.

    Of a folder of cut-out plates (labels.csv) or of scenes with boxes (manifest.csv and labels/) one split is read.
    Where only boxes are known, what the detector found is scored, read or not.

    found: something was read on the plate; strict: exactly its text; folded: its text when signs that look alike
    (O and 0, I and 1, B and 8 …) count as the same. Brackets hold 95 % intervals (Wilson). A false read lies on no
    plate. A crop is a picture that the plate fills: where nothing is found in it, all of it is read as a plate.
    """
    pictures = load_images(folder, split)
    settings = engines.over(loaded_settings(ctx).settings.reader)
    faults: list[MediaError] = []
    results = run(pictures, our_reader(build_plate_reader(settings)), SystemClock(), faults.append)
    for fault in faults:
        click.echo(f"error: {fault}", err=True)
    if misses:
        _list_misses(pictures, results)
    scores = score(results, unreadable=len(faults))
    click.echo(json.dumps(as_object(scores), indent=2) if as_json else "\n".join(as_lines(scores)))
    if faults:
        ctx.exit(1)


def _list_misses(pictures: list[LabelledImage], results: list[ImageResult]) -> None:
    for picture, result in zip(pictures, results, strict=True):
        for outcome in result.outcomes:
            if not outcome.strict and (outcome.plate.text or not outcome.found):
                true = outcome.plate.text or "a plate"
                click.echo(f"{picture.path.name}: {true} read as {outcome.read or 'nothing'}", err=True)
        for text in result.false_reads:
            click.echo(f"{picture.path.name}: false read {text}", err=True)
