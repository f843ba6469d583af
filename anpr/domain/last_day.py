# SPDX-License-Identifier: AGPL-3.0-or-later
"""Last day of whatever ends: how near it is, by one rule for every page, document, verb and metric."""

from datetime import date, timedelta
from enum import StrEnum

WARNED_BEFORE = timedelta(days=30)
"""So long before its last day a legal basis, agreement, protocol, certificate, hold or user is about to end."""


class Nearness(StrEnum):
    """How near a last day is."""

    OVER = "over"
    ENDING = "ending"
    LATER = "later"


def nearness_of(days_left: int) -> Nearness:
    """`days_left`: whole days after today; 0: today is the last one."""
    if days_left < 0:
        return Nearness.OVER
    return Nearness.ENDING if days_left <= WARNED_BEFORE.days else Nearness.LATER


def presses(days_left: int | None) -> bool:
    """Whether it is over, or ends within WARNED_BEFORE. None: it has no end."""
    return days_left is not None and nearness_of(days_left) is not Nearness.LATER


def days_until(until: date | None, today: date) -> int | None:
    """Whole days that are left after today; None without an end."""
    return (until - today).days if until else None
