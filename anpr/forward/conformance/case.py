# SPDX-License-Identifier: AGPL-3.0-or-later
"""Test case of a conformance run: drawn records, and what must become of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit

NamedBytes = Mapping[tuple[UUID, ImageRole], bytes]


class ExpectedOutcome(StrEnum):
    """What must become of all records of a case."""

    ACCEPTED = "accepted"
    """They are written and arrive; where the destination answers, it accepts them."""
    REFUSED_HERE = "refused-here"
    """The profile refuses to write them, with a reason; nothing is sent."""
    REJECTED_THERE = "rejected-there"
    """They are written, and the destination rejects them."""
    NOTHING = "nothing"
    """There is nothing to write, and no file is made."""
    DISTRUSTED = "distrusted"
    """The line is refused, with one reason; no record is sent."""
    NOT_APPLICABLE = "not-applicable"
    """The profile has nothing that the case is about; `what` says so."""


@dataclass(frozen=True, kw_only=True)
class ConformanceCase:
    """One file of records, sent `times` times. `title`, `what` and `question` are Italian; `day` is a day of the site.

    `question`: what only a person at the receiving office can say; empty when the answer says all.
    """

    id: str
    title: str
    what: str
    expected: ExpectedOutcome
    day: date
    transits: tuple[Transit, ...] = ()
    gates: Mapping[str, Gate] = field(default_factory=lambda: MappingProxyType({}))
    images: NamedBytes = field(default_factory=lambda: MappingProxyType({}))
    times: int = 1
    question: str = ""
