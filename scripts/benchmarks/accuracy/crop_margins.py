# SPDX-License-Identifier: AGPL-3.0-or-later
"""Crop margins: what cutting a plate closer and wider does to its read.

    python -m scripts.benchmarks.accuracy.crop_margins CROPS --work WORK [--drawn N]

CROPS as for training; its split `val` is read with its edges drawn out, and drawn Italian plates of unseen texts on
bodywork, worn as a camera would, in boxes that are a little off. One line of JSON for each way: the margins whose reads
are averaged, how many plates are read right, how many wrong ones are surer than .9, how often it was read again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate
from anpr.drawing import degrade, place_on, tilted_quad
from anpr.reader.plates.crop import MARGINS, with_margin
from anpr.reader.plates.plate_reader import CERTAIN, weighed
from anpr.reader.recognise import Reading, Recogniser, agreed, build_recogniser
from anpr.settings import RecogniserSettings
from scripts.command import Script, finish
from scripts.training.recogniser.data.rectified import bodywork
from scripts.training.recogniser.data.samples import Crop, read_crops
from scripts.training.recogniser.evaluation import italian_crops, real_questions

ALWAYS = 1.01
"""No read is as sure as this."""
_PAINTED = 1000
"""Plates of all kinds, for whichever number of questions."""
_LEAST_WIDTH, _MOST_WIDTH = 56, 260
_OFF = 0.03
"""Of the box's size, at each side: standard deviation of where a detector's box ends."""
_OF_A_CROP = 0.86
"""Of a real crop's size, the box it may have been cut with at the usual margin."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a plate is read: with a first margin, and where that is less sure than `below`, with others too."""

    first: float
    others: tuple[float, ...] = ()
    below: float = ALWAYS


WAYS = (
    *(Way(first=margin) for margin in (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)),
    Way(first=0.05, others=(0.25,)),
    *(Way(first=MARGINS[0], others=MARGINS[1:], below=below) for below in (ALWAYS, 0.99, CERTAIN, 0.95, 0.9)),
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A plate in its surroundings."""

    image: Image
    box: Box
    text: str


@click.command(cls=Script, help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for the drawn plates; kept.")
@click.option("--drawn", type=click.IntRange(1), default=1000, show_default=True, help="Drawn Italian plates.")
def main(crops: Path, work: Path, drawn: int) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    rows: list[dict[str, object]] = []
    recogniser = build_recogniser(RecogniserSettings(), 1)
    for name, questions in (("drawn", tuple(on_bodywork(work, drawn))), ("rec val", tuple(drawn_out(crops)))):
        for row in asked(recogniser, questions):
            rows.append({"plates": name, **row})
            click.echo(json.dumps(rows[-1]))
    finish({"ways": rows})


def asked(recogniser: Recogniser, questions: Sequence[Question]) -> Iterator[dict[str, object]]:
    """Every question read in every way."""

    @cache
    def read(number: int, margin: float) -> Reading:
        return recogniser.recognise(with_margin(questions[number].image, questions[number].box, margin))

    for way in WAYS:
        right = wrong_and_sure = again = 0
        for number, question in enumerate(questions):
            best = best_of(read(number, way.first))
            if way.others and best.probability < way.below:
                again += 1
                best = best_of(agreed(read(number, way.first), *(read(number, margin) for margin in way.others)))
            right += best.text == question.text
            wrong_and_sure += best.text != question.text and best.probability > 0.9
        margins = [way.first, *way.others]
        yield {"margins": margins, "below": way.below if way.others else None, "n": len(questions), "right": right,
               "wrong_and_sure": wrong_and_sure, "read_again": again}  # fmt: skip


def best_of(reading: Reading) -> Candidate:
    """The likeliest text, as the reader weighs it."""
    return next(iter(weighed(reading)), Candidate(text="", probability=0.0))


def on_bodywork(work: Path, count: int) -> Iterator[Question]:
    """Drawn plates on smooth bodywork, tilted and worn; each is shown again, elsewhere, once all were."""
    plates = italian_crops(work, _PAINTED)
    for number in range(count):
        yield _placed(plates[number % len(plates)], np.random.default_rng((7, number)))


def _placed(crop: Crop, rng: np.random.Generator) -> Question:
    plate = cv2.imread(str(crop.path))
    assert plate is not None, crop.path
    width = float(np.exp(rng.uniform(np.log(_LEAST_WIDTH), np.log(_MOST_WIDTH))))
    height = width * plate.shape[0] / plate.shape[1]
    x, y = 0.4 * width, 0.6 * height
    quad = tilted_quad((x, y, x + width, y + height), rng, float(rng.uniform(0, 0.25)))
    scene = bodywork((max(8, round(width * 1.8)), max(8, round(height * 2.2))), rng)
    scene, corners = place_on(scene, np.asarray(plate, np.uint8), quad)
    scene = degrade(scene, rng)
    w, h = corners[2] - corners[0], corners[3] - corners[1]
    x1, y1, x2, y2 = np.array(corners) + rng.normal(0, _OFF, 4) * (w, h, w, h)
    return Question(image=scene, box=Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1), text=crop.text)


def drawn_out(crops: Path) -> Iterator[Question]:
    """Real crops with their edges drawn out, so that they can be cut wider than they are."""
    for question in real_questions(read_crops(crops, "val")):
        height, width = question.image.shape[:2]
        edge, left, top = max(4, round(0.2 * width)), (1 - _OF_A_CROP) / 2 * width, (1 - _OF_A_CROP) / 2 * height
        larger = cv2.copyMakeBorder(question.image, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        box = Box(x=edge + left, y=edge + top, w=_OF_A_CROP * width, h=_OF_A_CROP * height)
        yield Question(image=np.asarray(larger, np.uint8), box=box, text=question.text)


if __name__ == "__main__":
    main()
