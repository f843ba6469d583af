# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading: the result of a recogniser for one plate."""

from dataclasses import dataclass
from typing import Protocol

from anpr.capture.image_file import Image
from anpr.domain.read import Candidate


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One plate's text before any grammar.

    `raw` is the greedy string, `confidence` its probability as the network claims it, `positions` the alternatives at
    each of its characters, `candidates` the likely texts, best first, with calibrated probabilities that sum to at
    most 1.
    """

    raw: str
    confidence: float
    positions: tuple[tuple[Candidate, ...], ...]
    candidates: tuple[Candidate, ...]
    lines: int = 1
    groups: tuple[int, ...] = ()
    """Characters of `raw` between the gaps and line ends, in order."""
    half_empty: bool = False
    """Cut into two lines, one of which says nothing: perhaps the cut was wrong."""
    right_band: bool = False
    """Whether the right end of the (upper) line is a blue band."""


class Recogniser(Protocol):
    """Reads the text of a plate; one per thread."""

    def recognise(self, plate: Image) -> Reading:
        """The text in a crop that the plate fills but for a margin. Raises ModelError when the network throws."""
