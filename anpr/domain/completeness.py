# SPDX-License-Identifier: AGPL-3.0-or-later
"""Balance of a day: what came = what was kept, what was stored = what became of it, and what falls short. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LOST_AFTER = timedelta(hours=24)
"""A number that has not come for so long after its gap was seen is lost: the centre has read everything else since."""
UNANSWERED_AFTER = timedelta(hours=24)
"""A destination that answers has answered by then, or says nothing of a transit."""


class Verdict(StrEnum):
    """What a report says of its day."""

    BALANCED = "balanced"
    """Both sums agree, nothing is missing, nothing waits."""
    OPEN = "open"
    """Something may still come or be sent."""
    UNBALANCED = "unbalanced"
    """A sum does not agree, or transits are lost."""


class Shortfall(StrEnum):
    """What falls short of a complete day."""

    LOST = "lost"
    CAME_UNBALANCED = "came-unbalanced"
    SENT_UNBALANCED = "sent-unbalanced"
    WITHHELD = "withheld"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUSED = "refused"
    MISSING = "missing"
    WAITING = "waiting"
    UNANSWERED = "unanswered"
    NO_RUN = "no-run"
    BLIND = "blind"


_BROKEN = {Shortfall.LOST, Shortfall.CAME_UNBALANCED, Shortfall.SENT_UNBALANCED}
_OPEN = {Shortfall.MISSING, Shortfall.WAITING, Shortfall.UNANSWERED, Shortfall.NO_RUN}


@dataclass(frozen=True, kw_only=True, slots=True)
class CameLine:
    """What came of one reader at one gate; gate and reader are empty where a refused message tells none.

    `late` came more than an hour after its capture; `duplicates` counted before and count nowhere else.
    """

    gate_id: str
    reader_id: str
    stored: int
    discarded: int
    refused: int
    numbered: int
    unnumbered: int
    recovered: int
    duplicates: int
    late: int

    @property
    def came(self) -> int:
        """Transits that came, by how they came."""
        return self.numbered + self.unnumbered + self.recovered

    @property
    def difference(self) -> int:
        """What came less what was kept, discarded or refused; 0 when all of it is accounted for."""
        return self.came - self.stored - self.discarded - self.refused


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingSpan:
    """Numbers of a reader that have not come, between the transits captured at `after_at` and `before_at` (UTC)."""

    reader_id: str
    first: int
    last: int
    after_at: datetime
    before_at: datetime
    is_lost: bool

    @property
    def size(self) -> int:
        """How many transits."""
        return self.last - self.first + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationLine:
    """What became of the stored transits that a destination may have. `states` are those of the ledger; `withheld` left
    the database before any run queued them, by why; `not_listed` are in the database and not yet in the ledger."""

    destination: str
    stored: int
    states: Mapping[str, int]
    withheld: Mapping[str, int]
    not_listed: int
    reasons: tuple[tuple[str, str, int], ...] = ()
    """Of rejected and expired ones: state, reason, how many."""
    has_run: bool = True
    """Whether a run for the day, begun after its end, went well."""
    unanswered: int = 0
    """Sent UNANSWERED_AFTER ago to a destination that answers, and not answered."""

    @property
    def difference(self) -> int:
        """What was stored less what is accounted for."""
        return self.stored - sum(self.states.values()) - sum(self.withheld.values()) - self.not_listed


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindSpell:
    """A camera or reader did not see for a while (UTC); `until` is None while it lasts."""

    kind: str
    """camera, reader or clock."""
    subject: str
    state: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBalance:
    """All that is known of one calendar day of the site, [since, until) in UTC, for one organisation."""

    organisation_id: str
    day: date
    since: datetime
    until: datetime
    came: tuple[CameLine, ...] = ()
    refused: tuple[tuple[str, str, int], ...] = ()
    """Reader, reason, how many."""
    missing: tuple[MissingSpan, ...] = ()
    destinations: tuple[DestinationLine, ...] = ()
    blind: tuple[BlindSpell, ...] = ()

    def total(self, name: str) -> int:
        """The sum of one column of what came."""
        return sum(getattr(line, name) for line in self.came)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the day."""
        return not (self.came or self.missing or any(each.states for each in self.destinations))

    @property
    def shortfalls(self) -> dict[Shortfall, int]:
        """What falls short and by how many, the worst first; only what is not 0."""
        waiting = [each.states.get("queued", 0) + each.not_listed for each in self.destinations]
        found = {
            Shortfall.LOST: sum(span.size for span in self.missing if span.is_lost),
            Shortfall.CAME_UNBALANCED: sum(abs(line.difference) for line in self.came),
            Shortfall.SENT_UNBALANCED: sum(abs(each.difference) for each in self.destinations),
            Shortfall.WITHHELD: sum(sum(each.withheld.values()) for each in self.destinations),
            Shortfall.EXPIRED: self._in_state("expired"),
            Shortfall.REJECTED: self._in_state("rejected"),
            Shortfall.REFUSED: self.total("refused"),
            Shortfall.MISSING: sum(span.size for span in self.missing if not span.is_lost),
            Shortfall.WAITING: sum(waiting),
            Shortfall.UNANSWERED: sum(each.unanswered for each in self.destinations),
            Shortfall.NO_RUN: sum(not each.has_run for each in self.destinations),
            Shortfall.BLIND: len(self.blind),
        }
        return {kind: number for kind, number in found.items() if number}

    def _in_state(self, state: str) -> int:
        return sum(each.states.get(state, 0) for each in self.destinations)

    @property
    def verdict(self) -> Verdict:
        """The worst of what falls short."""
        kinds = set(self.shortfalls)
        if kinds & _BROKEN:
            return Verdict.UNBALANCED
        return Verdict.OPEN if kinds & _OPEN else Verdict.BALANCED
