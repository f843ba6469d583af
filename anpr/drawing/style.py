# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate style: what differs between two plates of one kind (print weight, frame, screws, dirt, year, province)."""

from dataclasses import dataclass

import numpy as np

from anpr.drawing.codes import ITALIAN_PROVINCES

DEALERS = ("AUTOSALONE ROSSI", "CARROZZERIA ARNO", "AUTO VALDISIEVE", "CONCESSIONARIA TIRRENO", "MOTORI PO", "")
"""Dealers that do not exist, for the frame."""


@dataclass(frozen=True, kw_only=True)
class PlateStyle:
    """The look of one drawn plate. The default is a clean new one."""

    px_per_mm: float = 1.5
    weight: float = 1.0
    """Factor on the thickness of the letters."""
    stretch: float = 1.0
    """Factor on the width of the letters."""
    spacing: float = 1.0
    """Factor on the space between the letters."""
    tint: float = 1.0
    """Brightness of the plate's ground, 0..1."""
    band: float = 0.0
    """How far the blue of the bands is faded towards sky blue, 0..1."""
    year: str = ""
    province: str = ""
    frame: bool = False
    light_frame: bool = False
    """Grey plastic with dark print instead of black with light print."""
    dealer: str = ""
    screws: int = 0
    """Screw heads on the plate: 0, 2 or 4."""
    hand: int | None = None
    """Whose letters: our own shapes, or those of the hand of this number, a little different."""
    dirt: float = 0.0
    """0 is clean, 1 is hardly readable."""


def random_style(rng: np.random.Generator, px_per_mm: float = 1.5) -> PlateStyle:
    """A plate as met on the road: mostly clean, often framed, at times dirty."""
    filled = rng.random() < 0.6
    framed = bool(rng.random() < 0.5)
    return PlateStyle(
        px_per_mm=px_per_mm,
        weight=float(rng.uniform(0.62, 1.2)),
        stretch=float(rng.uniform(0.88, 1.06)),
        spacing=float(rng.uniform(0.8, 1.6)),
        tint=float(rng.uniform(0.8, 1.0)),
        band=float(rng.uniform(0, 1)),
        year=f"{(rng.integers(0, 27) + 99) % 100:02d}" if filled else "",
        province=str(rng.choice((*ITALIAN_PROVINCES, "ROMA", "ROMA", "ROMA"))) if filled else "",
        frame=framed,
        light_frame=bool(rng.random() < 0.25),
        dealer=str(rng.choice(DEALERS)) if framed else "",
        screws=int(rng.choice([0, 0, 2, 4])),
        dirt=float(max(0.0, rng.normal(0.0, 0.25))),
    )
