# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calibration inputs: network inputs as the reader makes them, to measure the range of every layer."""

import random
from collections.abc import Iterator
from pathlib import Path

from anpr.capture.image_file import read_image
from anpr.reader.detect.letterbox import letterbox
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import ModelCard
from anpr.reader.recognise.bands import paint_bands
from anpr.reader.recognise.lines import split_lines
from anpr.reader.recognise.prepare import stretch
from scripts.training.detector.folder import read_folder
from scripts.training.recogniser.data.samples import read_crops

SEED = 5


def blobs(card: ModelCard, folder: Path, count: int) -> Iterator[Blob]:
    """Inputs from `count` training images of `folder`, the same each time.

    The folder is that which the model was trained on. Raises InputError naming the file and row at fault.
    """
    return _scenes(card, folder, count) if card.task == "detect" else _lines(card, folder, count)


def _scenes(card: ModelCard, folder: Path, count: int) -> Iterator[Blob]:
    pictures = sorted(read_folder(folder).train)
    for path in random.Random(SEED).sample(pictures, min(count, len(pictures))):
        yield letterbox(read_image(path), card.input)[0]


def _lines(card: ModelCard, folder: Path, count: int) -> Iterator[Blob]:
    crops = sorted(read_crops(folder, "train"), key=lambda crop: crop.path)
    for crop in random.Random(SEED).sample(crops, min(count, len(crops))):
        plate = read_image(crop.path)
        for line in split_lines(plate) if crop.lines == 2 else (plate,):
            seen = paint_bands(line).image if card.input.bands == "painted" else line
            yield stretch(seen, card.input, card.input.width)
