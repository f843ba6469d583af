# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whole plates: every kind draws, true to size, the same for the same seed."""

import cv2
import numpy as np
import pytest

from anpr.domain.errors import InputError
from anpr.drawing import ITALIAN, KINDS, PlateStyle, draw_plate, random_style
from anpr.drawing.kinds import BLUE


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_draws_true_to_size(kind: str) -> None:
    what = KINDS[kind]
    plate = draw_plate(kind, rng=np.random.default_rng(3), style=PlateStyle(px_per_mm=1.0))
    assert plate.image.shape == (round(what.height), round(what.width), 3)
    assert plate.image.dtype == np.uint8
    assert plate.kind == kind
    assert plate.country == what.country
    assert plate.lines == what.row_count
    grey = cv2.cvtColor(plate.image, cv2.COLOR_BGR2GRAY)
    assert int(grey.max()) - int(grey.min()) > 120
    assert plate.rect == (0, 0, plate.image.shape[1], plate.image.shape[0])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_random_styles_draw_and_repeat(kind: str) -> None:
    def once() -> tuple[str, bytes]:
        rng = np.random.default_rng(11)
        plate = draw_plate(kind, rng=rng, style=random_style(rng))
        return plate.text, plate.image.tobytes()

    assert once() == once()


def test_seeds_differ() -> None:
    texts = {draw_plate("it_car", rng=np.random.default_rng(seed)).text for seed in range(20)}
    assert len(texts) == 20


def test_given_text_is_drawn() -> None:
    one = draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(0))
    other = draw_plate("it_car", text="AB123CE", rng=np.random.default_rng(0))
    assert one.text == "AB123CD"
    changed = np.argwhere(np.any(one.image != other.image, axis=2))
    # Only the last letter, in the last third of the plate, is another one.
    assert changed[:, 1].min() > one.image.shape[1] * 0.66


def test_italian_car_has_blue_bands_on_both_sides_and_white_between() -> None:
    plate = draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(0), style=PlateStyle(px_per_mm=1.0))
    image = plate.image.astype(int)
    for x in (5, 515):
        assert np.abs(image[100, x] - np.array(BLUE)).max() < 10
    assert image[8, 260].min() > 200


def test_two_line_plate_has_its_bands_in_the_upper_half_only() -> None:
    plate = draw_plate("it_square", text="ZA146HN", rng=np.random.default_rng(0), style=PlateStyle(px_per_mm=1.0))
    assert np.abs(plate.image[95, 6].astype(int) - np.array(BLUE)).max() < 10
    assert plate.image[120, 6].min() > 200


def test_frame_is_told_from_the_plate() -> None:
    plate = draw_plate(
        "it_car", rng=np.random.default_rng(0), style=PlateStyle(px_per_mm=1.0, frame=True, dealer="AUTO PO")
    )
    x1, y1, x2, y2 = plate.rect
    assert (x2 - x1, y2 - y1) == (520, 110)
    assert plate.image.shape[0] > 110
    assert plate.image.shape[1] > 520
    assert plate.image[y1 // 2, x1 // 2].max() < 60


def test_dirt_darkens() -> None:
    clean = draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(0))
    dirty = draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(0), style=PlateStyle(dirt=0.8))
    assert dirty.image.mean() < clean.image.mean() - 15


def test_unknown_kind_is_named() -> None:
    with pytest.raises(InputError, match="it_rocket"):
        draw_plate("it_rocket", rng=np.random.default_rng(0))


def test_text_of_another_grammar_is_named() -> None:
    with pytest.raises(InputError, match=r"'QQ1'.*it_car"):
        draw_plate("it_car", text="QQ1", rng=np.random.default_rng(0))


def test_every_italian_kind_of_the_domain_is_there() -> None:
    names = {kind.name for kind in ITALIAN}
    wanted = """it_car it_car_front it_square it_motorcycle it_moped it_trailer it_local_police it_state_police
    it_carabinieri it_army it_navy it_air_force it_finance_guard it_fire_brigade it_coast_guard it_diplomatic
    it_temporary it_test it_old_black it_old_white"""
    assert set(wanted.split()) <= names
