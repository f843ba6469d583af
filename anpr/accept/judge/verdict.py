# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verdicts: a share against a threshold, decided by its 95 % interval, or left open with the number that is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from anpr.accept.judge.figures import FigureGroup, Measure, Share
from anpr.domain.interval import least_number

CLASS_THRESHOLDS = {"A": 0.98}
"""Correct recognition that UNI 10772:2016 asks for, by class, as far as docs/domain.md states it."""


LEAST = 30
"""Cases below which nothing is decided: at a handful the interval is only roughly one of 95 %, and a single miss would
fail a site."""


class AcceptanceVerdict(StrEnum):
    """What the numbers allow to say."""

    PASSED = "passed"
    """All of the interval is above the threshold."""
    FAILED = "failed"
    """All of the interval is below the threshold."""
    OPEN = "open"
    """The threshold lies within the interval, or next to nothing was counted: too few vehicles."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict on one share of one group."""

    group: FigureGroup
    measure: Measure
    threshold: float
    verdict: AcceptanceVerdict
    needed: int | None
    """Where it is open: how many cases decide, if the share stays what it is. None: none does, or all cases decided."""

    @property
    def share(self) -> Share:
        return self.group.shares[self.measure]


def judge(groups: Sequence[FigureGroup], thresholds: Mapping[Measure, float]) -> tuple[Judgement, ...]:
    """All, each light and each side against each threshold (0 to 1).

    The other groups are for reading: a vehicle of a rare kind must not leave the whole test open.
    """
    return tuple(
        _judgement(group, measure, threshold)
        for group in groups
        if group.kind is None and (group.light is None or group.side is None)
        for measure, threshold in thresholds.items()
    )


def overall(judgements: Sequence[Judgement]) -> AcceptanceVerdict | None:
    """One that failed fails all; else one that is open leaves all open. None when there was no threshold."""
    verdicts = {one.verdict for one in judgements}
    for verdict in (AcceptanceVerdict.FAILED, AcceptanceVerdict.OPEN, AcceptanceVerdict.PASSED):
        if verdict in verdicts:
            return verdict
    return None


def _judgement(group: FigureGroup, measure: Measure, threshold: float) -> Judgement:
    share = group.shares[measure]
    verdict = _verdict(share, threshold)
    needed = _needed(share, threshold) if verdict is AcceptanceVerdict.OPEN else None
    return Judgement(group=group, measure=measure, threshold=threshold, verdict=verdict, needed=needed)


def _verdict(share: Share, threshold: float) -> AcceptanceVerdict:
    low, high = share.interval
    if share.of < LEAST or low <= threshold <= high:
        return AcceptanceVerdict.OPEN
    return AcceptanceVerdict.PASSED if low > threshold else AcceptanceVerdict.FAILED


def _needed(share: Share, threshold: float) -> int | None:
    """Where nothing was counted, as many as a test without an error needs."""
    number = least_number(1.0 if share.value is None else share.value, threshold)
    return None if number is None else max(number, LEAST)
