# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes an evaluation set of whole scenes: finds the images from which the cut-out plates of a split were cut.

    python -m scripts.benchmarks.accuracy.whole_scenes CROPS SCENES OUT

CROPS is a folder as scripts.training.train_recogniser takes it, SCENES one as scripts.training.train_detector does;
both are made of the same sources, but with other names, sizes and compression. A crop belongs to the box of its source
that looks most like it (correlation of their grey values), if it does enough. OUT gets the images and a truth.csv:
`anpr evaluate OUT` then says how whole scenes are read. The recogniser never learnt the texts of `val`; the
detector may have seen the scenes.
"""

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt

from scripts.command import Script, finish, log
from scripts.training.detector.folder import Folder, read_folder, read_labels, read_picture
from scripts.training.recogniser.data.samples import Crop, read_crops

ALIKE = 0.9
"""Least correlation of a crop and its place. Of 88 crops of `val` 81 have one so alike; each that was looked at was
right."""
_SIZE = (48, 16)
_GROWN = (0.0, 0.05, 0.1, 0.15)
_MOVED = (-1.0, 0.0, 1.0)
_STEP = (0.03, 0.1)
"""Of the box's width and height: those who cut the crops out drew other boxes than those who drew ours."""
_TRIMMED = (0.0, 0.04, 0.08)

Grey = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Place:
    """One labelled box: x1 y1 x2 y2 in px of its image, and what lies there and a little beside it."""

    picture: Path
    box: tuple[float, ...]
    looks: Vectors
    """N × 768, each of length 1."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A crop and where it was cut out."""

    crop: Crop
    place: Place
    alike: float


def places(folder: Folder, source: str) -> Iterator[Place]:
    """All labelled boxes of one source's images."""
    for path in (*folder.train, *folder.val):
        if source_of(path) == source:
            image = cv2.cvtColor(read_picture(path), cv2.COLOR_BGR2GRAY)
            height, width = image.shape
            for box in read_labels(folder.labels / f"{path.stem}.txt", width, height):
                yield Place(picture=path, box=tuple(map(float, box)), looks=_looks(np.asarray(image, np.uint8), box))


def find(crop: Crop, among: Sequence[Place]) -> Found | None:
    """The place that looks most like the crop, if it does."""
    image = cv2.cvtColor(read_picture(crop.path), cv2.COLOR_BGR2GRAY)
    looks = np.stack([_vector(_trimmed(np.asarray(image, np.uint8), share)) for share in _TRIMMED])
    alike = [float((place.looks @ looks.T).max()) for place in among]
    if not alike or max(alike) < ALIKE:
        return None
    best = int(np.argmax(alike))
    return Found(crop=crop, place=among[best], alike=alike[best])


def source_of(path: Path) -> str:
    """Where an image comes from: what its name begins with."""
    return path.name.partition("_")[0]


def write(found: Sequence[Found], out: Path) -> int:
    """Copy the images and write truth.csv; how many plates it has. Of crops of the same plate one is kept."""
    out.mkdir(parents=True, exist_ok=True)
    plates = {(each.place.picture.name, each.crop.text): each for each in sorted(found, key=lambda each: each.alike)}
    with (out / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "plate", "x", "y", "w", "h", "country", "subset", "kind", "lines"))
        for (name, text), each in sorted(plates.items()):
            shutil.copy(each.place.picture, out / name)
            x1, y1, x2, y2 = each.place.box
            box = (round(value, 1) for value in (x1, y1, x2 - x1, y2 - y1))
            rows.writerow((name, text, *box, each.crop.country, source_of(each.crop.path), "scene", each.crop.lines))
    return len(plates)


def _looks(image: Grey, box: npt.NDArray[np.float32]) -> Vectors:
    height, width = image.shape
    x1, y1, x2, y2 = (float(value) for value in box)
    w, h = x2 - x1, y2 - y1
    vectors = []
    for grown, across, down in product(_GROWN, _MOVED, _MOVED):
        left = x1 + across * _STEP[0] * w - grown * w / 2
        top = y1 + down * _STEP[1] * h - grown * h
        right, bottom = left + w * (1 + grown), top + h * (1 + 2 * grown)
        part = image[round(max(0, top)) : round(min(height, bottom)), round(max(0, left)) : round(min(width, right))]
        if min(part.shape) > 1:
            vectors.append(_vector(part))
    return np.stack(vectors) if vectors else np.zeros((1, _SIZE[0] * _SIZE[1]), np.float32)


def _trimmed(image: Grey, share: float) -> Grey:
    height, width = image.shape
    dx, dy = round(share * width), round(share * height)
    return image[dy : height - dy, dx : width - dx]


def _vector(image: Grey) -> npt.NDArray[np.float32]:
    small = cv2.resize(image, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return np.asarray(small / max(1e-6, float(np.linalg.norm(small))), np.float32)


@click.command(cls=Script, help=__doc__)
@click.argument("crops", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("scenes", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--split", type=click.Choice(["val", "train"]), default="val", show_default=True, help="Of the crops.")
def main(crops: Path, scenes: Path, out: Path, split: str) -> None:
    """Match source by source."""
    wanted, folder = read_crops(crops, split), read_folder(scenes)
    found: list[Found] = []
    for source in sorted({source_of(crop.path) for crop in wanted}):
        among = list(places(folder, source))
        mine = [crop for crop in wanted if source_of(crop.path) == source]
        here = [match for crop in mine if (match := find(crop, among)) is not None]
        log(f"{source}: {len(here)} of {len(mine)} plates among {len(among)} boxes")
        found += here
    plates = write(found, out)
    log(f"{plates} plates in whole scenes: anpr evaluate {out}")
    finish({"plates": plates, "out": str(out)})


if __name__ == "__main__":
    main()
