# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data subject request: somebody asks what is stored about their vehicle, or wants it rectified or erased.

D.Lgs. 51/2018 artt. 9 to 14 (Directive (EU) 2016/680). Nobody's name is needed: `reference` is the number under which
the office keeps the letter.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class RequestKind(StrEnum):
    """What is asked for."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"


class RequestOutcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    ERASED = "erased"
    REFUSED = "refused"


class RefusalGrounds(StrEnum):
    """What a refusal rests on; each has a text with its article."""

    IDENTITY = "identity"
    """Who asks did not show that the data are theirs."""
    JUDICIAL = "judicial"
    """Art. 14(1): the data are in files of a criminal proceeding."""
    INVESTIGATION = "investigation"
    """Art. 14(2)(a)."""
    PUBLIC_SECURITY = "public-security"
    """Art. 14(2)(b)."""
    EVIDENCE = "evidence"
    """Art. 12(3): the data are needed as evidence; their processing is restricted in place of erasure."""
    LAWFUL = "lawful"
    """Art. 12(2): the data are processed lawfully and within their term; none of its cases applies."""
    ACCURATE = "accurate"
    """Art. 12(1): the data are accurate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectRequest:
    """One request. `plate` is None once its data were erased; `grounds` and `answer` are what the person was told."""

    id: int = 0
    kind: RequestKind
    plate: str | None
    reference: str
    received_on: date
    registered_by: str
    registered_at: datetime
    outcome: RequestOutcome | None = None
    grounds: RefusalGrounds | None = None
    answer: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None

    @property
    def due_on(self) -> date:
        """The last day for an answer: the same day of the next month, or that month's last one.

        The decree says "without undue delay" (art. 9(3)); a month is what Regulation (EU) 2016/679 gives (art. 12(3)).
        """
        year, month = divmod(self.received_on.year * 12 + self.received_on.month, 12)
        month += 1
        return date(year, month, min(self.received_on.day, monthrange(year, month)[1]))
