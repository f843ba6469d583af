# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training windows of the corner network: drawn plates whose corners are known."""

from pathlib import Path

import numpy as np
import pytest

from anpr.reader.rectify.level import level
from anpr.reader.rectify.quad import is_convex
from scripts.training.detector.compose import Sources
from scripts.training.rectifier.augment import example
from scripts.training.rectifier.boards import board
from scripts.training.rectifier.camera import seen_corners
from scripts.training.rectifier.compose import composed, drawn_panel
from scripts.training.rectifier.shape import HEIGHT, STORE, WIDTH
from scripts.training.rectifier.store import Window, build

NOWHERE = Sources(with_plates=(), without_plates=(), labels=Path("none"))


@pytest.fixture
def on_bodywork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surroundings that need no images."""
    ground = np.full((STORE[1], STORE[0], 3), 70, np.uint8)
    monkeypatch.setattr("scripts.training.rectifier.compose._ground", lambda sources, rng: (ground, 1.0))  # noqa: ARG005


def windows(count: int) -> list[Window]:
    signs = [drawn_panel(np.random.default_rng(number)) for number in range(6)]
    return [composed(NOWHERE, signs, np.random.default_rng((1, number))) for number in range(count)]


@pytest.mark.usefixtures("on_bodywork")
def test_most_windows_hold_a_plate_with_its_corners_inside() -> None:
    made = windows(40)

    plates = [window for window in made if window.quad is not None]
    assert 25 < len(plates) < 40
    for window in plates:
        assert window.quad is not None
        assert is_convex(window.quad)
        assert window.lines in {1, 2}
        assert (window.quad > 0).all()
        assert (window.quad < STORE).all()


@pytest.mark.usefixtures("on_bodywork")
def test_what_lies_between_the_corners_is_the_plate() -> None:
    brighter = 0
    plates = [window for window in windows(30) if window.quad is not None]
    for window in plates:
        assert window.quad is not None
        inside = level(window.image, window.quad, window.lines, -0.05, -0.1)
        brighter += bool(np.std(inside) > 12)
    assert brighter > 0.7 * len(plates), "letters, or glare and night over a few"


@pytest.mark.usefixtures("on_bodywork")
def test_a_view_keeps_the_corners_on_the_plate() -> None:
    window = next(window for window in windows(9) if window.quad is not None)

    for seed in range(20):
        seen = example(window.image, window.box, window.quad, window.lines, np.random.default_rng(seed))
        assert seen.view.shape == (HEIGHT, WIDTH, 3)
        assert seen.quad is not None
        assert is_convex(seen.quad), "a mirrored plate has its own top left at the left again"


def test_boards_are_no_plates() -> None:
    assert board(np.random.default_rng(3)).lines == 0


def test_a_plate_seen_from_the_side_is_narrower() -> None:
    shapes = []
    for seed in range(200):
        corners = seen_corners(4.7, np.random.default_rng(seed))
        shapes.append(np.ptp(corners[:, 0]) / np.ptp(corners[:, 1]))
    assert min(shapes) < 2.0
    assert max(shapes) > 4.0


@pytest.mark.usefixtures("on_bodywork")
def test_a_store_is_repeatable_and_resumable(tmp_path: Path) -> None:
    made = windows(4)

    first = build(tmp_path, 4, lambda number: [made[number]], lambda _: None)
    again = build(tmp_path, 4, lambda number: pytest.fail(f"{number} is there"), lambda _: None)

    assert (first.images == again.images).all()
    none = np.isnan(first.quads[:, 0, 0])
    assert len(first.where(none)) + len(first.where(~none)) == 4
