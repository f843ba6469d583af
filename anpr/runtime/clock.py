# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clock and identities: the only place that asks the machine for the time or a new UUID, so that tests inject them."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import uuid_utils.compat


class Clock(Protocol):
    """What time it is, and how to wait."""

    def now(self) -> datetime:
        """Wall-clock time, UTC, timezone-aware."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes backwards. For durations."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set or `seconds` have passed; true when it was set."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)


class ManualClock:
    """A clock that tests move by hand; waiting moves it too, so that nothing sleeps."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at a timezone-aware time")
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.advance(seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


NewId = Callable[[datetime], UUID]


def new_id(captured_at: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) of that time: a transit's id tells when it was captured, and sorts by it."""
    microseconds = (captured_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return uuid_utils.compat.uuid7(nanoseconds=microseconds * 1000)
