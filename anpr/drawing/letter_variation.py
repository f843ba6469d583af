# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letter variation: the alphabet of `letters.py` distorted a little, as stamps of other makers differ.

Plates of one country differ by year and maker, and our shapes are measured from images, not from the stamps. Who
learns from letters of many hands does not learn the oddities of one.
"""

import numpy as np

from anpr.drawing.letters import Corner, Stroke, strokes_of

_X_STRAY, _Y_STRAY = 0.025, 0.05
"""Standard deviation of where a bar, a waist or an open end lies, of the letter's box."""
_Y_STRAY_OF = {"W": 0.15, "M": 0.15}
"""How deep their middle goes differs more from alphabet to alphabet."""
_ROUNDNESS = (0.75, 1.1)


def strokes_by(hand: int, character: str) -> tuple[Stroke, ...]:
    """The strokes of `character` by the hand of this number, always the same. Raises KeyError for an unknown one.

    What lies on the edge of the box stays there, and what lies at one height, or in one column, moves together.
    """
    strokes = strokes_of(character)
    roundness = float(np.random.default_rng((hand, 0)).uniform(*_ROUNDNESS))
    rng = np.random.default_rng((hand, ord(character)))
    across = _moved({c[0] for stroke in strokes for c in stroke}, _X_STRAY, rng)
    down = _moved({c[1] for stroke in strokes for c in stroke}, _Y_STRAY_OF.get(character, _Y_STRAY), rng)

    def by_hand(corner: Corner) -> Corner:
        place = (across[corner[0]], down[corner[1]])
        return (*place, corner[2] * roundness) if len(corner) == 3 else place

    return tuple(tuple(by_hand(corner) for corner in stroke) for stroke in strokes)


def _moved(places: set[float], stray: float, rng: np.random.Generator) -> dict[float, float]:
    """Where each place moves to; those on the edges of the box, and beyond, stay."""
    return {
        place: float(np.clip(rng.normal(place, stray), 0.0, 1.0)) if 0 < place < 1 else place
        for place in sorted(places)
    }
