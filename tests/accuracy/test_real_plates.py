# SPDX-License-Identifier: AGPL-3.0-or-later
"""Floors under what the reader reads right on real pictures; the figures themselves are in the README.

The floors lie a few plates below what was measured: they catch a step back, not noise.
"""

import csv
from pathlib import Path

import pytest

from anpr.capture.image_file import read_image
from anpr.domain.read import Box
from anpr.reader.evaluate import LabelledImage, TruePlate, load_truth, score
from anpr.reader.evaluate.run import our_reader, run
from anpr.reader.evaluate.score import Scores
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def reader() -> PlateReader:
    return build_plate_reader(ReaderSettings(threads=2))


def scored(reader: PlateReader, pictures: list[LabelledImage]) -> Scores:
    faults: list[Exception] = []
    results = run(pictures, our_reader(reader), SystemClock(), faults.append)
    assert not faults
    return score(results)


def test_italian_plates(reader: PlateReader, shared_data: Path) -> None:
    scores = scored(reader, load_truth(shared_data / "italian"))

    assert scores.total.plates == 27
    assert scores.total.found >= 25
    assert scores.total.strict >= 23
    assert scores.groups["lines"]["2"].strict >= 5
    assert scores.false_reads == 0


def test_european_crops_kept_apart_from_training(reader: PlateReader, shared_data: Path) -> None:
    """Every fourth of the 273 crops of the validation split, which nothing was tuned on."""
    pictures = validation_crops(shared_data / "rec")[::4]

    scores = scored(reader, pictures)

    assert scores.total.plates == len(pictures) == 69
    assert scores.total.share("strict")[0] >= 0.82
    assert scores.total.share("folded")[0] >= 0.84
    assert scores.false_reads <= 2


def validation_crops(folder: Path) -> list[LabelledImage]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    return [_crop(folder / "images" / row["file"], row) for row in rows]


def _crop(path: Path, row: dict[str, str]) -> LabelledImage:
    height, width = read_image(path).shape[:2]
    plate = TruePlate(
        text=row["text"],
        box=Box(x=0, y=0, w=width, h=height),
        country=row["country"],
        subset=row["source"],
        kind="crop",
        lines=int(row["lines"]),
    )
    return LabelledImage(path=path, plates=(plate,))
