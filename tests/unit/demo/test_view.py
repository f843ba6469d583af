# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where points of the street lie in the picture."""

import numpy as np
import pytest

from anpr.demo.scene.view import View


def test_the_point_on_the_axis_is_in_the_middle() -> None:
    view = View(yaw_deg=0, pitch_deg=0)
    assert view.project(np.array([[view.x, view.y, 10.0]]))[0] == pytest.approx([640, 360])


def test_a_metre_is_focal_px_by_its_distance() -> None:
    view = View(yaw_deg=0, pitch_deg=0)
    left, right = view.project(np.array([[0.0, 1.0, 10.0], [1.0, 1.0, 10.0]]))
    assert right[0] - left[0] == pytest.approx(view.focal_px / 10)


def test_up_is_up_and_turns_go_the_right_way() -> None:
    ahead = np.array([[1.6, 2.2, 20.0]])
    assert View(yaw_deg=9, pitch_deg=0).project(ahead)[0, 0] > 640, "turned left, what is ahead lies to the right"
    assert View(yaw_deg=0, pitch_deg=9).project(ahead)[0, 1] < 360, "turned down, what is ahead lies above"
    low, high = View().project(np.array([[0.0, 0.0, 20.0], [0.0, 2.0, 20.0]]))
    assert high[1] < low[1]


def test_what_is_behind_has_a_negative_depth() -> None:
    assert View().depth(np.array([[0.0, 1.0, -5.0]]))[0] < 0 < View().depth(np.array([[0.0, 1.0, 5.0]]))[0]
