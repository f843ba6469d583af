# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stall detector: finds a partition that a consumer holds but no longer fetches, while it goes on with others.

Seen with kafka-python after rebalances (its issue 3131). A whole consumer that gets nothing is the source's own matter.
"""

from collections.abc import Callable, Collection, Mapping

from kafka import TopicPartition

from anpr.runtime.clock import Clock

CONFIRM_S = 5.0
"""So long must a suspect stay where it is: a record that has only just arrived is not a stall."""

Waiting = Callable[[Collection[TopicPartition]], Mapping[TopicPartition, int]]
"""Those of the partitions with records that were not read yet, and the offset to be read next: asks the broker."""


class QuietPartitions:
    """Tracks since when each partition gives nothing although the consumer had time for it. For one thread."""

    def __init__(self, clock: Clock, after_s: float) -> None:
        self._clock = clock
        self._after_s = after_s
        self._quiet_since: dict[TopicPartition, float] = {}
        self._suspects: Mapping[TopicPartition, int] = {}
        self._look_at = clock.monotonic() + after_s

    def polled(self, gave: Collection[TopicPartition], held: Collection[TopicPartition], *, full: bool) -> None:
        """A poll gave records of these partitions. A full one says nothing about the others: theirs may be in line."""
        now = self._clock.monotonic()
        known = {} if full else self._quiet_since
        self._quiet_since = {each: now if each in gave else known.get(each, now) for each in held}

    def stuck(self, waiting: Waiting) -> list[TopicPartition]:
        """Those that stood still over two looks while records waited in them. Looks when it is time to."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return []
        quiet = [each for each, since in self._quiet_since.items() if now - since >= self._after_s]
        before, self._suspects = self._suspects, waiting(quiet) if quiet else {}
        self._look_at = now + (CONFIRM_S if self._suspects else self._after_s)
        return [each for each, offset in self._suspects.items() if before.get(each) == offset]
