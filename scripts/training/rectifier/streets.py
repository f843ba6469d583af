# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pseudo-labelled street windows: plates as the network marks them, and the detector's mistakes."""

from collections.abc import Callable
from pathlib import Path

from anpr.capture.image_file import read_image
from anpr.reader.detect import Detector
from anpr.reader.evaluate.truth import LabelledImage, load_truth
from anpr.reader.rectify.corners import CornerFinder
from anpr.reader.rectify.quad import hull
from scripts.training.rectifier.store import Store, Window, build
from scripts.training.rectifier.windows import mistakes, window_around
from scripts.training.split import read_split

_SURE_SPREAD = 8.0
"""px of the network's input."""


def street_stores(
    streets: Path, split: Path, finder: CornerFinder, detector: Detector, work: Path, tell: Callable[[str], None]
) -> dict[str, Store]:
    """Of the part `train`: plates as the network marks them (`street`), and what is none (`street_mistakes`)."""
    splits = read_split(split)
    pictures = [picture for picture in load_truth(streets) if splits.get(picture.path.name) == "train"]

    def wrong(number: int) -> list[Window]:
        picture = pictures[number]
        return mistakes(read_image(picture.path), [plate.box for plate in picture.plates], detector)

    return {
        "street": build(work / "street", len(pictures), lambda number: _plates(pictures[number], finder), tell),
        "street_mistakes": build(work / "street_mistakes", len(pictures), wrong, tell),
    }


def _plates(picture: LabelledImage, finder: CornerFinder) -> list[Window]:
    """Its legible plates of whose corners the network is sure, looked at again in the box that it found."""
    image, made = read_image(picture.path), []
    for plate in picture.plates:
        found = finder.find(image, plate.box) if plate.text else None
        found = finder.find(image, hull(found.quad)) if found is not None else None
        if found is not None and found.spread < _SURE_SPREAD:
            made.append(window_around(image, found.quad, plate.lines))
    return made
