# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clock, figures and timing that the benchmarks of the centre share."""

from collections.abc import Callable

from anpr.runtime.clock import SystemClock

CLOCK = SystemClock()
Figures = dict[str, float | int | list[int]]
"""Measurements by their key in the line of JSON."""


def timed(work: Callable[[], object]) -> float:
    """Run `work`; the seconds it took."""
    began = CLOCK.monotonic()
    work()
    return CLOCK.monotonic() - began
