# SPDX-License-Identifier: AGPL-3.0-or-later
"""The window that the corner network is shown."""

import numpy as np
import pytest

from anpr.domain.read import Box
from anpr.reader.rectify.quad import quad_of
from anpr.reader.rectify.view import GROWN, shown, view_of

WIDTH, HEIGHT = 160, 112


@pytest.mark.parametrize("box", [Box(x=100, y=50, w=94, h=20), Box(x=100, y=50, w=60, h=60), Box(x=9, y=9, w=900, h=9)])
def test_the_box_lies_in_the_middle_with_a_margin(box: Box) -> None:
    view = view_of(box, WIDTH, HEIGHT)
    corners = view.to_view(quad_of(box))

    assert corners.mean(axis=0) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=0.01)
    low, high = corners.min(axis=0), corners.max(axis=0)
    assert max((high - low) / (WIDTH, HEIGHT)) == pytest.approx(1 / GROWN, abs=0.01)
    assert view.to_picture(corners) == pytest.approx(quad_of(box), abs=0.01)


@pytest.mark.parametrize("size", [1, 3.2, 0.4])
def test_a_mark_is_shown_where_the_view_says(size: float) -> None:
    image = np.zeros((round(400 * size), round(600 * size), 3), np.uint8)
    mark = (round(200 * size), round(300 * size), round(40 * size))
    image[mark[0] : mark[0] + mark[2], mark[1] : mark[1] + mark[2]] = 255
    view = view_of(Box(x=250 * size, y=180 * size, w=160 * size, h=60 * size), WIDTH, HEIGHT)

    seen = shown(image, view, 114)[:, :, 0].astype(float)
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    middle = (float((xs * seen).sum() / seen.sum()), float((ys * seen).sum() / seen.sum()))

    true = np.array([(mark[1] + mark[2] / 2, mark[0] + mark[2] / 2)], np.float32)
    assert middle == pytest.approx(tuple(view.to_view(true)[0].tolist()), abs=0.3)


def test_beyond_the_picture_is_grey() -> None:
    image = np.full((50, 100, 3), 255, np.uint8)

    seen = shown(image, view_of(Box(x=-10, y=10, w=60, h=20), WIDTH, HEIGHT), 114)
    assert (seen[:, :10] == 114).all()
    assert (shown(image, view_of(Box(x=-900, y=10, w=60, h=20), WIDTH, HEIGHT), 114) == 114).all()
