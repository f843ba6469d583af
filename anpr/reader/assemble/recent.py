# SPDX-License-Identifier: AGPL-3.0-or-later
"""De-duplication: the transits a camera made lately, so that one vehicle does not become two."""

from dataclasses import dataclass

from anpr.domain.plate import look_alike_key
from anpr.domain.similarity import edit_distance, is_part
from anpr.reader.assemble.vote import Verdict

_MOST = 256
"""More vehicles than one camera sees within any sensible re-entry time; the oldest is forgotten first."""
_SURE = 0.9
"""Two plates one character apart, each at least this sure, are two vehicles: fleets are registered in a row."""
_PART, _SURE_PART = 3, 4
"""Characters of a part, the second when it is read for sure: three may be the whole plate of somebody else."""
_SHARED = 0.1
"""Probability the candidates must have in common for a doubtful pair to be one."""


@dataclass(kw_only=True, slots=True, eq=False)
class Remembered:
    """A transit that was made; `seen_at` is when its vehicle was last seen (s)."""

    verdict: Verdict
    seen_at: float

    def see(self, at: float) -> None:
        """Its vehicle was in view at time `at`."""
        self.seen_at = max(self.seen_at, at)


class RecentTransits:
    """Transits whose vehicle was seen within the last `reentry_s`."""

    def __init__(self, reentry_s: float) -> None:
        self._reentry_s = reentry_s
        self._transits: list[Remembered] = []

    def find(self, verdict: Verdict, since: float) -> Remembered | None:
        """The newest transit of the same vehicle, when that was in view less than `reentry_s` before `since`."""
        for transit in reversed(self._transits):
            if since - transit.seen_at < self._reentry_s and same_vehicle(transit.verdict, verdict):
                return transit
        return None

    def remember(self, verdict: Verdict, at: float) -> Remembered:
        """Keep a transit that was just made; forget those whose vehicle left long ago."""
        self._transits = [t for t in self._transits if at - t.seen_at < 2 * self._reentry_s][-_MOST + 1 :]
        remembered = Remembered(verdict=verdict, seen_at=at)
        self._transits.append(remembered)
        return remembered

    def shift(self, seconds: float) -> None:
        """The clock was set forward by `seconds`: what is remembered moves along."""
        for transit in self._transits:
            transit.seen_at += seconds


def same_vehicle(a: Verdict, b: Verdict) -> bool:
    """The same plate, a look-alike of it, a part of it, or one edit away and not both of them sure."""
    if look_alike_key(a.plate) == look_alike_key(b.plate) or _is_fragment(a, b):
        return True
    if min(a.confidence, b.confidence) < _SURE and edit_distance(a.plate, b.plate) <= 1:
        return True
    return sum(min(c.probability, b.probability_of(c.text)) for c in a.candidates) >= _SHARED


def _is_fragment(a: Verdict, b: Verdict) -> bool:
    """Whether one is a part of the other: half a plate behind a pillar, or one line of two, reads well enough."""
    sure = min(a.confidence, b.confidence) >= _SURE
    return is_part(a.plate, b.plate, _SURE_PART if sure else _PART)
