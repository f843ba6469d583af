# SPDX-License-Identifier: AGPL-3.0-or-later
"""Short drawn clip of a street for tests that need a camera: one car passes."""

from dataclasses import replace
from pathlib import Path

from anpr.demo.clips import encode
from anpr.demo.film import Film
from anpr.demo.traffic import GATES

CLIP = "street.mp4"
LENGTH_S = 6.0
PLATE = GATES[0].vehicles[0].plate
"""Of the car."""


def draw_street(folder: Path) -> Path:
    """Draw the clip into a new folder: one car by day, and the empty street before and after it; its path."""
    folder.mkdir()
    vehicle = replace(GATES[0].vehicles[0], at_s=2.8, km_h=30)
    scene = replace(GATES[0], vehicles=(vehicle,), length_s=LENGTH_S, night_from_s=1_000.0)
    encode(Film(scene), folder / CLIP)
    return folder / CLIP
