# SPDX-License-Identifier: AGPL-3.0-or-later
"""When faults strike."""

import random
from collections.abc import Callable
from functools import partial

from scripts.reliability.forwarding.faults import Schedule


def test_each_fault_strikes_once_and_all_before_the_end() -> None:
    struck: list[str] = []
    schedule = Schedule.spread(1_000, [("cut", 5), ("kill", 2)], random.Random(1))
    faults: dict[str, Callable[[], None]] = {kind: partial(struck.append, kind) for kind in ("cut", "kill")}
    schedule.strike(0, faults)
    assert len(struck) < 7
    for taken in (400, 400, 999):
        schedule.strike(taken, faults)
    assert sorted(struck) == ["cut"] * 5 + ["kill"] * 2
    assert schedule.done == struck
