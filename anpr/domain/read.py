# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate reads: boxes, candidates and the text of one plate in one frame, with probabilities."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rectangle in a frame: left, top, width, height in px of that frame. Raises ValueError when it is empty."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if self.w <= 0 or self.h <= 0:
            raise ValueError(f"a box has a positive width and height, not {self.w} x {self.h}")

    @property
    def area(self) -> float:
        """px²."""
        return self.w * self.h

    @property
    def centre(self) -> tuple[float, float]:
        """x, y in px."""
        return self.x + self.w / 2, self.y + self.h / 2

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.shared_area(other)
        return shared / (self.area + other.area - shared)

    def overlap(self, other: "Box") -> float:
        """Share of the smaller box that lies in the other, 0 to 1. Two plates never share a place."""
        return self.shared_area(other) / min(self.area, other.area)

    def shared_area(self, other: "Box") -> float:
        """px² that both cover."""
        width = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        height = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One text a plate may carry, with its probability. Raises ValueError unless that lies within 0 to 1."""

    text: str
    probability: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies between 0 and 1, not {self.probability}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateRead:
    """One plate text in one frame.

    `text` is the best candidate after the grammar weighed in; `raw` is what the recogniser saw before it.
    `candidates` are sorted, best first; their probabilities sum to at most 1.
    `positions` holds, for each character of `raw`, the alternatives there with their probabilities, best first.
    """

    text: str
    raw: str
    confidence: float
    box: Box
    detector_score: float
    candidates: tuple[Candidate, ...]
    positions: tuple[tuple[Candidate, ...], ...] = ()
    country: str | None = None
    """ISO 3166-1 alpha-2; None while more than one is likely."""
    countries: tuple[tuple[str, float], ...] = ()
    """Probability by country code, likeliest first; what is missing to 1 is a country that is not in our table."""
    lines: int = 1
    second_raw: str | None = None
    """What the second recogniser saw, where one was asked; its opinion is part of `candidates`."""
