# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading of rectified plates: lines and bands are found on the level plate and not in the box."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.recognise.bands import Painted
from anpr.reader.recognise.ends import without_bands
from anpr.reader.recognise.lines import split_lines
from anpr.reader.recognise.reading import Reading
from anpr.reader.rectify.corners import CornerFinder, Corners
from anpr.reader.rectify.level import level
from anpr.reader.rectify.quad import sides

MARGINS = ((0.02, 0.06), (0.0, 0.0))
"""Of the plate's width and height, around it at each side: the usual ones first, others where it is read again."""
UNSURE = 13.0
"""Spread of a corner, px of the network's input, from which the box is read as it is."""
_NEAR = 0.02
"""Of the plate's width: a corner so near to the image's edge may as well lie beyond it."""
_FILLS = 0.6
"""Of the image's width."""
_ONE, _TWO = 0.15, 0.85
"""Probability of two lines below and above which there is one reading."""


class LineReader(Protocol):
    """Reads lines that were cut apart."""

    def read_lines(self, lines: Sequence[Painted]) -> Reading:
        """The text of a plate, upper line first. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A plate whose corners are known, in its image."""

    corners: Corners
    image: Image
    reader: LineReader

    @property
    def is_sure(self) -> bool:
        """Whether the corners are good enough to read by."""
        return self.corners.spread < UNSURE

    @property
    def is_cut(self) -> bool:
        """Whether the image's edge may run through the plate: what lies beyond is not known.

        Never of a plate that fills the image: somebody cut it out.
        """
        height, width = self.image.shape[:2]
        low, high = self.corners.quad.min(axis=0), self.corners.quad.max(axis=0)
        if high[0] - low[0] > _FILLS * width:
            return False
        near = _NEAR * sides(self.corners.quad)[0]
        return bool((low < near).any() or high[0] > width - near or high[1] > height - near)

    def read(self, turn: int = 0) -> Reading:
        """The text of the level plate, with the margins of this turn; the surer one where it may have one line or two.

        Raises ModelError.
        """
        two = self.corners.two_lines
        counts = (1,) if two < _ONE else ((2,) if two > _TWO else (1, 2))
        readings = [self._read(lines, turn) for lines in counts]
        return max(readings, key=lambda reading: (not reading.half_empty, reading.confidence))

    def read_otherwise(self) -> Iterator[Reading]:
        """The text with the other margins, and as it is with its bands. Raises ModelError."""
        for turn in range(1, len(MARGINS)):
            yield self.read(turn)
        if self.corners.two_lines < _TWO:
            yield self.reader.read_lines([Painted(image=self._level(1, 0), left=False, right=False)])

    def _read(self, lines: int, turn: int) -> Reading:
        plate = self._level(lines, turn)
        if lines == 1:
            return self.reader.read_lines([without_bands(plate)])
        upper, lower = split_lines(plate)
        return self.reader.read_lines([without_bands(upper, 2), Painted(image=lower, left=False, right=False)])

    def _level(self, lines: int, turn: int) -> Image:
        return level(self.image, self.corners.quad, lines, *MARGINS[turn % len(MARGINS)])


class LevelReader:
    """Finds the corners of plates, and reads them set level. One per thread."""

    def __init__(self, finder: CornerFinder, reader: LineReader) -> None:
        self._finder = finder
        self._reader = reader

    def place(self, image: Image, box: Box) -> Placed | None:
        """The plate in a detector's box; None where its corners go round no quadrilateral. Raises ModelError."""
        corners = self._finder.find(image, box)
        return None if corners is None else Placed(corners, image, self._reader)
