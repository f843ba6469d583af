# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other reads: transits of plates that look alike and may be the asked vehicle, joined by candidates' probabilities."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from anpr.domain.transit import Transit

LIKELY = 0.2
"""Probability of the asked plate among a read's candidates from which the read may well be it: one in five."""
_OWN_LIFE = 3
"""A plate that is read on as many occasions, none of them doubtful, is a vehicle of its own."""


class Kinship(StrEnum):
    """What speaks for two plates being one vehicle."""

    MAYBE_SAME = "maybe-same"
    UNDECIDED = "undecided"
    ANOTHER = "another"


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherRead:
    """A plate that looks like the asked one."""

    plate: str
    transits: tuple[Transit, ...]
    """The most probable first."""
    probability: float
    """Of the asked plate in the most probable of them, 0 to 1."""
    expected: float
    """How many of them are the asked vehicle, as the sum of the probabilities."""
    kinship: Kinship


def other_reads(plate: str, transits: Iterable[Transit]) -> list[OtherRead]:
    """By plate, the most probable first; transits of the asked plate itself are left out."""
    by_plate: dict[str, list[Transit]] = defaultdict(list)
    for transit in transits:
        if transit.plate != plate:
            by_plate[transit.plate].append(transit)
    found = [_read(plate, other, reads) for other, reads in by_plate.items()]
    return sorted(found, key=lambda each: (-each.probability, -len(each.transits), each.plate))


def probability_of(plate: str, transit: Transit) -> float:
    """That this transit is of that plate, as its candidates say; 0 where it is none of them."""
    return next((each.probability for each in transit.candidates if each.text == plate), 0.0)


def _read(plate: str, other: str, transits: list[Transit]) -> OtherRead:
    chances = [probability_of(plate, transit) for transit in transits]
    ordered = sorted(transits, key=lambda transit: (-probability_of(plate, transit), transit.captured_at))
    best = max(chances)
    return OtherRead(
        plate=other,
        transits=tuple(ordered),
        probability=best,
        expected=sum(chances),
        kinship=_kinship(best, len(transits)),
    )


def _kinship(best: float, count: int) -> Kinship:
    if best >= LIKELY:
        return Kinship.MAYBE_SAME
    return Kinship.ANOTHER if count >= _OWN_LIFE else Kinship.UNDECIDED
