# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shipped models read every plate of the demo."""

from collections import Counter

import numpy as np
import pytest

from anpr.demo.film import Film, Truth
from anpr.demo.traffic import GATES, GateScene
from anpr.domain.gate import Direction
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.settings import ReaderSettings

LOOKS = 4


@pytest.fixture(scope="module")
def plate_reader() -> PlateReader:
    return build_plate_reader(ReaderSettings(threads=2))


@pytest.mark.parametrize("scene", GATES, ids=lambda scene: scene.name)
def test_every_passing_is_read_right(scene: GateScene, plate_reader: PlateReader) -> None:
    film = Film(scene)
    wrong = {}
    for entry in film.truth():
        reads = [read for number in nearer_half(entry) for read in plate_reader.read(film.image(number))]
        texts = Counter(read.text for read in reads)
        if texts[entry.plate] < LOOKS - 1 or texts[entry.plate] <= texts.total() / 2:
            wrong[entry.plate] = texts
    assert wrong == {}


def nearer_half(entry: Truth) -> list[int]:
    """Numbers of LOOKS frames in which the vehicle is in the nearer half of its way."""
    middle = (entry.first_frame + entry.last_frame) / 2
    near = entry.last_frame if entry.direction is Direction.APPROACHING else entry.first_frame
    return [int(number) for number in np.linspace(middle, near, LOOKS)]
