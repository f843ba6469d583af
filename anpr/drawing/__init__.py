# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn plates: convincing images of the plates of Italy and its neighbours, for training, tests and the demo."""

from anpr.drawing.degrade import Damage, degrade
from anpr.drawing.kinds import ITALIAN, KINDS, NEIGHBOURS, PlateKind
from anpr.drawing.place import place_on, tilted_quad
from anpr.drawing.plate import DrawnPlate, draw_plate
from anpr.drawing.style import PlateStyle, random_style

__all__ = [
    "ITALIAN",
    "KINDS",
    "NEIGHBOURS",
    "Damage",
    "DrawnPlate",
    "PlateKind",
    "PlateStyle",
    "degrade",
    "draw_plate",
    "place_on",
    "random_style",
    "tilted_quad",
]
