# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outcome of a case: what was written, sent and answered, and whether that is what was expected. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.profile.layout import OutFile
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict


class CaseVerdict(StrEnum):
    """Whether a case went as expected."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    """It was sent, and nothing was answered that says what became of it."""
    NOT_APPLICABLE = "not-applicable"


@dataclass(kw_only=True)
class CaseOutcome:
    """What came of one case; counts are records, also those of a file that was sent twice.

    `refused` counts reasons for which the profile wrote no record, or the line was not trusted;
    `silent` are those of which no answer came; `answers` are statuses and reasons as they were answered;
    `failure` is why it could not be sent or read.
    """

    case: ConformanceCase
    files: list[OutFile] = field(default_factory=list)
    written: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    rejected: int = 0
    again: int = 0
    silent: int = 0
    answers: list[str] = field(default_factory=list)
    failure: str = ""

    def add(self, ids: list[UUID], verdicts: Mapping[str, Verdict]) -> None:
        """Count what was answered about these records; those that are not named stay without an answer."""
        for id in ids:
            found = verdicts.get(str(id), verdicts.get(WHOLE_FILE))
            meaning = None if found is None else found.meaning
            self.accepted += meaning == "ok"
            self.rejected += meaning == "permanent"
            self.again += meaning == "transient"
            self.silent += meaning is None
            if found is not None and found.reason and found.reason not in self.answers:
                self.answers.append(found.reason)

    @property
    def verdict(self) -> CaseVerdict:
        """By what was expected."""
        match self.case.expected:
            case ExpectedOutcome.NOT_APPLICABLE:
                return CaseVerdict.NOT_APPLICABLE
            case ExpectedOutcome.NOTHING:
                return _passed(not self.files and not self.failure)
            case ExpectedOutcome.REFUSED_HERE:
                return _passed(self.written == 0 and self.refused.total() == len(self.case.transits))
            case ExpectedOutcome.DISTRUSTED:
                return _passed(self.refused.total() == 1 and not self.written and not self.failure)
            case _:
                return self._of_sent()

    def _of_sent(self) -> CaseVerdict:
        if self.failure or self.refused or not self.written:
            return CaseVerdict.FAILED
        if self.case.expected is ExpectedOutcome.REJECTED_THERE:
            return CaseVerdict.PASSED if self.rejected == self.written else CaseVerdict.OPEN
        if self.rejected or self.again:
            # A repeat that is refused as one is right too: only the office knows.
            return CaseVerdict.OPEN if self.case.times > 1 and self.accepted else CaseVerdict.FAILED
        return CaseVerdict.OPEN if self.silent else CaseVerdict.PASSED


def _passed(is_right: bool) -> CaseVerdict:
    return CaseVerdict.PASSED if is_right else CaseVerdict.FAILED


def verdict_of(outcomes: list[CaseOutcome]) -> CaseVerdict:
    """Of all cases: failed when one failed, open when one is, otherwise passed."""
    found = {outcome.verdict for outcome in outcomes}
    return next((each for each in (CaseVerdict.FAILED, CaseVerdict.OPEN) if each in found), CaseVerdict.PASSED)
