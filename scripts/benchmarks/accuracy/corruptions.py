# SPDX-License-Identifier: AGPL-3.0-or-later
"""Robustness benchmark: reads images with known plates after one corruption each (rotation, blur, darkness …).

    python -m scripts.benchmarks.accuracy.corruptions FOLDER [--only NAME] [--json FILE]

FOLDER is one that `anpr evaluate` takes. Every image is turned, squashed, darkened, blurred … by a fixed amount and
read as it then is; of the plates at least 60 px wide (before the change) those read right are counted.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.drawing.degrade import blocks, blur, coarse, gamma, glare, infrared, motion_blur, night, noise
from anpr.reader.evaluate.folders import load_images
from anpr.reader.evaluate.run import Reads, our_reader, run
from anpr.reader.evaluate.score import Answer, Group, group
from anpr.reader.evaluate.truth import LabelledImage
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from scripts.command import Script, finish, log

LEAST_PX = 60.0
Points = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
"""2 × 3: where a point of the image lies in the changed one."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is done to an image: to its pixels, or to where they lie."""

    name: str
    paint: Callable[[Image], npt.ArrayLike] = lambda image: image
    move: Callable[[int, int], Matrix] | None = None
    """From the image's width and height, px."""

    def of(self, image: Image) -> tuple[Image, Matrix]:
        """The changed image, and where its points went."""
        height, width = image.shape[:2]
        moved = np.eye(2, 3)
        if self.move is not None:
            moved = self.move(width, height)
            corners = _corners_through(moved, Box(x=0, y=0, w=width, h=height))
            moved[:, 2] -= corners.min(axis=0)
            size = np.ceil(np.ptp(corners, axis=0)).astype(int)
            image = np.asarray(
                cv2.warpAffine(image, moved, (int(size[0]), int(size[1])), borderMode=cv2.BORDER_REPLICATE), np.uint8
            )
        return np.asarray(self.paint(image), np.uint8), moved


def _turned(degrees: float) -> Callable[[int, int], Matrix]:
    return lambda width, height: np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)


def _noisy(image: Image, sigma: float) -> Image:
    return noise(image, sigma, np.random.default_rng(7))


CHANGES = (
    Change(name="as it is"),
    Change(name="turned by 6°", move=_turned(6)),
    Change(name="turned by -6°", move=_turned(-6)),
    Change(name="turned by 12°", move=_turned(12)),
    Change(name="leaning by 8°", move=lambda _, __: np.array([[1, 0.15, 0], [0, 1, 0]], np.float64)),
    Change(name="sinking by 8°", move=lambda _, __: np.array([[1, 0, 0], [0.15, 1, 0]], np.float64)),
    Change(name="squashed to 0.6", move=lambda _, __: np.array([[0.6, 0, 0], [0, 1, 0]], np.float64)),
    Change(name="JPEG at 25", paint=lambda image: blocks(image, 25)),
    Change(name="dark (gamma 2.5)", paint=lambda image: gamma(image, 2.5)),
    Change(name="night (light 0.2), noise 6", paint=lambda image: _noisy(night(image, 0.2), 6)),
    Change(name="infrared", paint=lambda image: infrared(image, 0.6)),
    Change(name="over-exposed by 1.8", paint=lambda image: glare(image, 1.8)),
    Change(name="noise 15", paint=lambda image: _noisy(image, 15)),
    Change(name="out of focus (1 px)", paint=lambda image: blur(image, 1.0)),
    Change(name="out of focus (1.5 px)", paint=lambda image: blur(image, 1.5)),
    Change(name="moved by 3 px", paint=lambda image: motion_blur(image, 3, 0)),
    Change(name="moved by 5 px", paint=lambda image: motion_blur(image, 5, 0)),
    Change(name="moved by 7 px", paint=lambda image: motion_blur(image, 7, 0)),
    Change(name="of half the pixels across", paint=lambda image: coarse(image, 0.5)),
)


def changed(reads: Reads, change: Change) -> Reads:
    """The reader looking at changed images; its boxes are told where they lie in the unchanged ones."""

    def read(image: Image, picture: LabelledImage) -> list[Answer]:
        other, moved = change.of(image)
        back = np.asarray(cv2.invertAffineTransform(moved), np.float64)
        return [Answer(text=one.text, box=_moved(one.box, back)) for one in reads(other, picture)]

    return read


def _moved(box: Box, how: Matrix) -> Box:
    corners = _corners_through(how, box)
    (x, y), (w, h) = corners.min(axis=0), np.ptp(corners, axis=0)
    return Box(x=float(x), y=float(y), w=float(w), h=float(h))


def _corners_through(how: Matrix, box: Box) -> Points:
    """4 × 2: where the box's corners lie after it."""
    corners = [(box.x + i * box.w, box.y + j * box.h) for i in (0, 1) for j in (0, 1)]
    return np.asarray(cv2.transform(np.array([corners], np.float64), how)[0], np.float64)


def counted(pictures: Sequence[LabelledImage], reads: Reads, change: Change) -> tuple[Group, int]:
    """How the plates were read in the changed images, and the false reads."""
    results = run(pictures, changed(reads, change), SystemClock(), lambda exc: log(str(exc)))
    outcomes = [outcome for result in results for outcome in result.outcomes if outcome.plate.box.w >= LEAST_PX]
    return group(outcomes), sum(len(result.false_reads) for result in results)


@click.command(cls=Script, help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", type=click.Choice([change.name for change in CHANGES]), help="This change alone.")
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write the counts here too.")
def main(folder: Path, only: str | None, out: Path | None) -> None:
    """Parse the command line and run."""
    cv2.setNumThreads(1)
    rows = []
    pictures = load_images(folder)
    reads = our_reader(build_plate_reader(ReaderSettings()))
    click.echo("| changed | plates | strict | 95 % | folded | false |\n|---|---|---|---|---|---|")
    for change in CHANGES:
        if only in {None, change.name}:
            mine, false = counted(pictures, reads, change)
            click.echo(_line(change.name, mine, false))
            counts = {"plates": mine.texts, "strict": mine.strict, "folded": mine.folded, "false": false}
            rows.append({"change": change.name, **counts})
    if out is not None:
        out.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    finish({"changes": rows})


def _line(name: str, mine: Group, false: int) -> str:
    strict, least, most = mine.share("strict")
    folded, _, _ = mine.share("folded")
    return f"| {name} | {mine.texts} | {strict:.3f} | {least:.2f}–{most:.2f} | {folded:.3f} | {false} |"


if __name__ == "__main__":
    main()
