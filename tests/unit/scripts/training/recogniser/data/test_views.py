# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn plates and what is made of a crop: repeatable, resumable, of the network's size."""

from pathlib import Path

import numpy as np

from scripts.training.recogniser.data.augment import plain_lines, training_lines
from scripts.training.recogniser.data.drawn import draw_set, spaced_text
from scripts.training.recogniser.data.samples import Crop, from_drawn
from scripts.training.recogniser.shape import HEIGHT, WIDTH


def test_drawn_plates_are_repeatable_and_resumable(tmp_path: Path) -> None:
    said: list[str] = []
    first = draw_set(tmp_path, 9, 7, said.append, shard=6)
    pixels = [plate.path.read_bytes() for plate in first]
    assert len(said) == 2
    (tmp_path / "0001.csv").unlink()
    first[7].path.unlink()

    again = draw_set(tmp_path, 9, 7, said.append, shard=6)

    assert again == first
    assert [plate.path.read_bytes() for plate in again] == pixels
    assert len(said) == 3
    assert all(plate.spaced.replace(" ", "") == plate.text for plate in again)


def test_other_hands_draw_the_same_plates_four_in_five_otherwise(tmp_path: Path) -> None:
    ours = draw_set(tmp_path / "ours", 11, 7, lambda _: None, shard=11)

    theirs = draw_set(tmp_path / "theirs", 11, 7, lambda _: None, shard=11, hands=True)

    assert [(plate.text, plate.kind) for plate in theirs] == [(plate.text, plate.kind) for plate in ours]
    same = [a.path.read_bytes() == b.path.read_bytes() for a, b in zip(ours, theirs, strict=True)]
    assert [number for number, alike in enumerate(same) if alike] == [0, 5, 10]


def test_gaps_stand_where_the_plate_shows_them() -> None:
    assert spaced_text("AB123CD", "it_car") == "AB 123CD"
    assert spaced_text("AB123CD", "fr_car") == "AB 123 CD"
    assert spaced_text("AB12345", "it_motorcycle") == "AB12345"  # the emblem ends its row: no gap between characters


def test_a_view_is_the_same_for_the_same_chance_and_has_the_networks_size(tmp_path: Path) -> None:
    for crop in from_drawn(draw_set(tmp_path, 6, 3, lambda _: None, shard=6)):
        one, two = (training_lines(crop, np.random.default_rng(5)) for _ in range(2))
        assert one.shape == (crop.lines, HEIGHT, WIDTH, 3)
        assert (one == two).all()
        assert (one != training_lines(crop, np.random.default_rng(6))).any()


def test_real_crops_of_both_kinds_are_cut_into_their_lines(tmp_path: Path) -> None:
    plates = draw_set(tmp_path, 6, 3, lambda _: None, shard=6)
    for plate in plates:
        crop = Crop(path=plate.path, text=plate.text, lines=plate.lines)
        assert plain_lines(crop).shape == (plate.lines, HEIGHT, WIDTH, 3)
        assert training_lines(crop, np.random.default_rng(1)).shape == (plate.lines, HEIGHT, WIDTH, 3)
