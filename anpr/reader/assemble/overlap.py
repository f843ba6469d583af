"""One plate, one read: detectors sometimes put two boxes on a plate. Pure."""

from collections.abc import Sequence

from anpr.reader.assemble.associate import Seen

_INSIDE = 0.6
"""Of the smaller box's area: two plates of two vehicles never hide each other that much and stay readable."""


def one_per_plate(seen: Sequence[Seen]) -> list[Seen]:
    """What is left when, of boxes lying over each other, only the one read best is kept."""
    kept: list[Seen] = []
    for box, read in sorted(seen, key=lambda pair: -(pair[1].confidence if pair[1] else -1.0)):
        if all(box.overlap(other) < _INSIDE for other, _ in kept):
            kept.append((box, read))
    return kept
