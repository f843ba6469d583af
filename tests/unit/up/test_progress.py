# SPDX-License-Identifier: AGPL-3.0-or-later
"""Progress line: often at first, then rarely, and never twice the same."""

from anpr.store.users.activity import Activity
from anpr.up.progress import ProgressLine


def told_over(seconds: int, done: dict[int, int]) -> list[str]:
    """What is said when `done` gives the transits from each second on."""
    lines: list[str] = []
    now = 0

    def ask() -> Activity:
        transits = max((number for second, number in done.items() if second <= now), default=0)
        return Activity(transits=transits, alarms=0, forwarded=0)

    progress = ProgressLine(ask, lines.append)
    for now in range(seconds):
        progress.tell(float(now))
    return [" ".join(line.split()[:3]) for line in lines]


def test_it_is_said_every_ten_seconds_in_the_first_minute_and_then_every_ten_minutes() -> None:
    always_more = {second: second for second in range(4000)}
    said = told_over(1900, always_more)
    assert said == [*(f"{s} s {s}" for s in (10, 20, 30, 40, 50, 60)), "660 s 660", "1260 s 1260", "1860 s 1860"]


def test_the_same_is_not_said_twice() -> None:
    assert told_over(4000, {0: 0, 25: 3, 1000: 4}) == ["10 s 0", "30 s 3", "1260 s 4"]
