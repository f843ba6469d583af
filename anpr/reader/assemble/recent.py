"""The transits a camera made lately, so that one vehicle does not become two."""

from dataclasses import dataclass

from anpr.reader.assemble.same import same_vehicle
from anpr.reader.assemble.vote import Verdict

_MOST = 256
"""More than pass one camera within any sensible re-entry time; the oldest is forgotten first."""


@dataclass(kw_only=True, slots=True, eq=False)
class Remembered:
    """A transit that was made, and when its vehicle was last seen (s)."""

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
        """The clock was set by `seconds`: what is remembered moves along."""
        for transit in self._transits:
            transit.seen_at += seconds
