# SPDX-License-Identifier: AGPL-3.0-or-later
"""Error analysis: why plates that are known were not read right, by cause.

    python -m scripts.benchmarks.accuracy.causes.run FOLDER --split SPLIT

FOLDER holds a truth.csv as `anpr evaluate` takes it; SPLIT is a CSV with the columns file, plate, split that keeps the
vehicles of training and validation apart. Each plate counts under the first cause that holds: not found, refused (by
which gate), a line lost, a character at its ends (bands, the rim, what stands beside it), other wrong
characters. Standard output ends with one line of JSON; `--misses` lists every plate that was not read right on standard
error.
"""

from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import click

from anpr.capture.image_file import Image, read_image
from anpr.domain.read import PlateRead
from anpr.reader.evaluate.truth import LabelledImage, load_truth
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import DetectorSettings, ReaderSettings, SecondOpinionSettings
from scripts.benchmarks.accuracy.causes.judge import RIGHT, Verdict, judged
from scripts.benchmarks.accuracy.causes.table import as_lines, as_object
from scripts.command import Script, finish, log
from scripts.training.split import read_split


@click.command(cls=Script, help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--split", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Without it: all pictures.")
@click.option("--part", default="val", show_default=True, help="Of the split.")
@click.option("--country", help="Only plates of this country (IT); all of a picture's reads are judged.")
@click.option("--min-score", type=float, help="Of the detector, in place of the settings'.")
@click.option("--no-second", is_flag=True, help="Without the second opinion.")
@click.option("--misses", is_flag=True, help="List what was not read right.")
def main(folder: Path, split: Path | None, part: str, country: str | None, **options: Any) -> None:
    """Parse the command line and run."""
    images = _chosen(load_truth(folder), split, part)
    reader = build_plate_reader(_settings(options["min_score"], options["no_second"]))
    facts = measure(reader, images, country, SystemClock(), options["misses"])
    for line in as_lines(facts):
        log(line)
    finish(facts)


def _chosen(pictures: list[LabelledImage], split: Path | None, part: str) -> list[LabelledImage]:
    if split is None:
        return pictures
    splits = read_split(split)
    return [picture for picture in pictures if splits.get(picture.path.name) == part]


def _settings(min_score: float | None, no_second: bool) -> ReaderSettings:
    settings = ReaderSettings()
    detector = settings.detector if min_score is None else DetectorSettings(min_score=min_score)
    return settings.model_copy(update={
        "detector": detector, "second_opinion": SecondOpinionSettings(ask=not no_second), "threads": 1,
    })  # fmt: skip


def measure(
    reader: PlateReader, pictures: list[LabelledImage], country: str | None, clock: Clock, misses: bool
) -> dict[str, object]:
    """The counts over all images, or over those that show a plate of the country."""
    verdicts: list[Verdict] = []
    false: list[str] = []
    times: list[float] = []
    for picture in pictures:
        wanted = [plate for plate in picture.plates if country in (None, plate.country)]
        if not wanted:
            continue
        image = read_image(picture.path)
        began = clock.monotonic()
        look = reader.read_all(image)
        times.append((clock.monotonic() - began) * 1000)
        ours, beside = judged(picture.plates, look)
        ours = [_with_first_opinion(reader, image, one, look.accepted) for one in ours if one.plate in wanted]
        verdicts += ours
        false += [read.text for read in beside]
        if misses:
            _tell(picture, ours, beside)
    return as_object(verdicts, len(false), len(times), median(times) if times else 0.0)


def _with_first_opinion(reader: PlateReader, image: Image, verdict: Verdict, reads: tuple[PlateRead, ...]) -> Verdict:
    """What the reader said before it asked a second one, where it did."""
    read = next((one for one in reads if one.text == verdict.read and one.box.overlap(verdict.plate.box) > 0), None)
    if read is None or read.second_raw is None:
        return verdict
    second, reader.second = reader.second, None
    try:
        before = next((one.text for one in reader.read_all(image).accepted if one.box == read.box), "")
    finally:
        reader.second = second
    return replace(verdict, unasked=before)


def _tell(picture: LabelledImage, verdicts: list[Verdict], beside: list[PlateRead]) -> None:
    for one in verdicts:
        if one.cause != RIGHT:
            size = f"{one.plate.box.w:.0f}×{one.plate.box.h:.0f}"
            said = f"{one.read or 'nothing'} ({one.confidence:.2f})"
            log(f"{picture.path.name}: {one.plate.text} {size}: {one.cause}: {said}")
    for read in beside:
        log(f"{picture.path.name}: false read {read.text} ({read.confidence:.3f}) at {read.box}")


if __name__ == "__main__":
    main()
