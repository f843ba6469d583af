# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stillness: twenty views of one plate, and what counts as moved."""

import numpy as np

from anpr.capture.image_file import Image
from scripts.benchmarks.accuracy.stability import stillness, twenty_views
from scripts.training.recogniser.data.samples import CornerPoints

CORNERS: CornerPoints = ((20.0, 20.0), (120.0, 20.0), (120.0, 44.0), (20.0, 44.0))


def photograph() -> Image:
    return np.random.default_rng(4).integers(60, 180, (70, 150, 3)).astype(np.uint8)


def test_there_are_twenty_views_and_they_differ() -> None:
    views = list(twenty_views(photograph(), CORNERS))

    assert len(views) == 20
    assert len({view.tobytes() for view in views}) == 20


def test_a_plate_counts_once_however_often_its_text_changes() -> None:
    plates = [(photograph(), CORNERS, "AB"), (photograph(), CORNERS, "CD")]
    answers = iter(["AB"] * 20 + ["CD", "CC"] * 10)

    found = stillness(lambda _: next(answers), plates)

    assert (found.plates, found.changed, found.views, found.right_in_all) == (2, 1, 20, 1)
