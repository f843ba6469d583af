# SPDX-License-Identifier: AGPL-3.0-or-later
"""Comparison of recognisers on level plates: strict share, calibration, confusion of characters, stability.

    python -m scripts.benchmarks.accuracy.recogniser --model NAME=CARD --crops CROPS --streets STREETS --split SPLIT …

Each model (a card's name or path) reads the same images as the reader would: the plates of the street photographs of
split `val`, cut level by their marked corners and by their boxes, the cut-outs of CROPS of split `val`, and drawn
Italian plates. Tables for people go to stderr; the last line of stdout is one JSON object.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import cv2

from anpr.capture.image_file import read_image
from anpr.domain.interval import wilson
from anpr.reader.plates.plate_reader import weighed
from anpr.reader.recognise import Recogniser, build_recogniser
from anpr.settings import RecogniserSettings
from scripts.benchmarks.accuracy.confusion import confusions, mistakes, of
from scripts.benchmarks.accuracy.stability import stillness
from scripts.command import Script, finish, log
from scripts.training.recogniser.data.rectified import level
from scripts.training.recogniser.data.samples import read_crops
from scripts.training.recogniser.data.streets import StreetPlate, Streets, street_plates
from scripts.training.recogniser.evaluation import Mark, Question, drawn_questions, examine, real_questions

SURE = 0.9
LEAST_STILL_WIDTH = 80
"""px of the plate in the photograph: below it a change of the text is no fault of the network."""


@click.command(cls=Script, help=__doc__)
@click.option("--model", "models", multiple=True, required=True, help="NAME=CARD, a card's name or path.")
@click.option("--crops", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--streets", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--split", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--marks", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the drawn plates; kept.")
@click.option("--drawn", type=click.IntRange(0), default=300, show_default=True)
@click.option("--still/--no-still", default=True, show_default=True)
def main(models: tuple[str, ...], crops: Path, work: Path, drawn: int, still: bool, **given: Any) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    plates = street_plates(Streets(folder=given["streets"], split=given["split"], marks=given["marks"]), "val")
    sets = questions(given["streets"], plates)
    sets |= {"cut-outs": real_questions(read_crops(crops, "val")), "drawn Italian": drawn_questions(work, drawn)}
    found = {}
    for name, card in (model.split("=", 1) for model in models):
        recogniser = build_recogniser(RecogniserSettings(model=card), threads=1)
        found[name] = judged(name, recogniser, sets)
        if still:
            found[name]["still"] = asdict(still_on(recogniser, given["streets"], plates))
            log(f"{name}: still: {found[name]['still']}")
    finish(found)


def questions(folder: Path, plates: Sequence[StreetPlate]) -> dict[str, list[Question]]:
    """The plates of the photographs by kind, each cut level by its corners."""
    sets: dict[str, list[Question]] = {}
    for plate in plates:
        country = "Italian" if plate.country == "IT" else "other"
        kind = f"{country}, {'one line' if plate.lines == 1 else 'two lines'}"
        image = level(read_image(folder / "images" / plate.file), plate.corners)
        asked = Question(image=image, text=plate.text, lines=plate.lines, country=plate.country)
        sets.setdefault(kind, []).append(asked)
    return dict(sorted(sets.items()))


def judged(name: str, recogniser: Recogniser, sets: dict[str, list[Question]]) -> dict[str, Any]:
    """What one recogniser makes of every set."""
    made: dict[str, Any] = {}
    for kind, asked in ((kind, asked) for kind, asked in sets.items() if asked):
        marks = examine(recogniser, asked)
        made[kind] = scores(marks)
        log(f"{name}: {kind}: {made[kind]}")
    return made


def scores(marks: Sequence[Mark]) -> dict[str, Any]:
    """Strict and folded shares with Wilson's intervals, sure and wrong reads, confused characters, median ms."""
    strict, count = sum(mark.strict for mark in marks), len(marks)
    sure = [mark for mark in marks if mark.confidence >= SURE]
    pairs = confusions((mark.question.text, mark.read) for mark in marks)
    return {
        "n": count,
        "strict": [strict, *(round(share, 3) for share in (strict / max(count, 1), *wilson(strict, count)))],
        "folded": sum(mark.folded for mark in marks),
        "sure": len(sure),
        "sure_wrong": sum(not mark.strict for mark in sure),
        "confused": mistakes(pairs),
        "G_as_C": of(pairs, "G", "C"),
        "C_as_G": of(pairs, "C", "G"),
        "ms": round(sorted(mark.ms for mark in marks)[count // 2], 1) if marks else None,
    }


def still_on(recogniser: Recogniser, folder: Path, plates: Sequence[StreetPlate]) -> Any:
    """Stillness over the plates of one line that are wide enough."""

    def read(image: Any) -> str:
        best = next(iter(weighed(recogniser.recognise(image))), None)
        return best.text if best else ""

    wide = [plate for plate in plates if plate.lines == 1 and _width(plate) >= LEAST_STILL_WIDTH]
    return stillness(read, [(read_image(folder / "images" / p.file), p.corners, p.text) for p in wide])


def _width(plate: StreetPlate) -> float:
    xs = [x for x, _ in plate.corners]
    return max(xs) - min(xs)


if __name__ == "__main__":
    main()
