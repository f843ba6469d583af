# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outcome of a case: what was written, sent and answered, and whether that is what was expected. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from anpr.forward.conformance.case import Case, Expected
from anpr.forward.profile.layout import OutFile


class CaseVerdict(StrEnum):
    """Whether a case went as expected."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    """It was sent, and nothing was answered that says what became of it."""
    NOT_APPLICABLE = "not-applicable"


@dataclass(kw_only=True)
class Outcome:
    """What came of one case; counts are records, also those of a file that was sent twice.

    `refused` counts reasons for which the profile wrote no record; `silent` are those of which no answer came;
    `answers` are statuses and reasons as they were answered; `failure` is why it could not be sent or read.
    """

    case: Case
    files: list[OutFile] = field(default_factory=list)
    written: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    rejected: int = 0
    again: int = 0
    silent: int = 0
    answers: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def verdict(self) -> CaseVerdict:
        """By what was expected."""
        match self.case.expected:
            case Expected.NOT_APPLICABLE:
                return CaseVerdict.NOT_APPLICABLE
            case Expected.NOTHING:
                return _passed(not self.files and not self.failure)
            case Expected.REFUSED_HERE:
                return _passed(self.written == 0 and self.refused.total() == len(self.case.transits))
            case _:
                return self._of_sent()

    def _of_sent(self) -> CaseVerdict:
        if self.failure or self.refused or not self.written:
            return CaseVerdict.FAILED
        if self.case.expected is Expected.REJECTED_THERE:
            return CaseVerdict.PASSED if self.rejected == self.written else CaseVerdict.OPEN
        if self.rejected or self.again:
            # A repeat that is refused as one is right too: only the office knows.
            return CaseVerdict.OPEN if self.case.times > 1 and self.accepted else CaseVerdict.FAILED
        return CaseVerdict.OPEN if self.silent else CaseVerdict.PASSED


def _passed(is_right: bool) -> CaseVerdict:
    return CaseVerdict.PASSED if is_right else CaseVerdict.FAILED


def verdict_of(outcomes: list[Outcome]) -> CaseVerdict:
    """Of all cases: failed when one failed, open when one is, otherwise passed."""
    found = {outcome.verdict for outcome in outcomes}
    return next((each for each in (CaseVerdict.FAILED, CaseVerdict.OPEN) if each in found), CaseVerdict.PASSED)
