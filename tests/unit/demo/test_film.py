# SPDX-License-Identifier: AGPL-3.0-or-later
"""The images of a gate, and the truth about them."""

import numpy as np
import pytest

from anpr.demo.film import Film
from anpr.demo.traffic import GATES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=GATES, ids=lambda scene: scene.name)
def film(request: pytest.FixtureRequest) -> Film:
    return Film(request.param)


def test_the_same_scene_gives_the_same_pixels(film: Film) -> None:
    again = Film(film.scene)
    for number in (45, film.frames - 60):
        assert np.array_equal(film.image(number), again.image(number))


def test_truth_has_every_passing_long_and_large_enough_to_be_read(film: Film) -> None:
    truth = film.truth()
    assert sorted(entry.plate for entry in truth) == sorted(vehicle.plate for vehicle in film.scene.vehicles)
    for entry in truth:
        assert 0 <= entry.first_frame < entry.last_frame < film.frames
        assert entry.last_frame - entry.first_frame >= 6
        assert entry.widest_px >= (50 if entry.kind == "it_motorcycle" else 90)


def test_a_plate_is_where_the_truth_says_and_only_then(film: Film) -> None:
    """Something bright and moving is in the picture while the plate is, and the street is empty at the start."""
    entry = film.truth()[0]
    empty, vehicle = film.image(0).astype(int), film.image((entry.first_frame + entry.last_frame) // 2).astype(int)
    changed = np.abs(empty - vehicle).max(axis=2) > 40
    assert changed.mean() > 0.03


def test_the_night_is_dark_and_its_plates_are_bright(film: Film) -> None:
    nights = [entry for entry in film.truth() if entry.light == "night"]
    assert nights
    for entry in nights:
        picture = film.image(entry.last_frame if film.scene.direction == "approaching" else entry.first_frame)
        assert picture.mean() < 60
        assert (picture.min(axis=2) > 150).sum() > 500, "the plate's ground"
