# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matches what passed the gates with what an operator's board showed: delays, their percentiles, what is missed."""

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scripts.benchmarks.common import Figures
from scripts.command import CannotRunError, log

_ALARM = re.compile(r'<article class="alarm-row[^>]* data-alarm="(\d+)"')
_SEEN = re.compile(r' data-seen="(\d+)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class Passing:
    """A stored transit of a listed plate: sighting `number` (from 1) of its alarm; without an alarm: None."""

    captured_at: datetime
    last_seen: datetime
    received_at: datetime
    alarm_id: int | None
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A row that came to the board, and how many sightings it said its alarm has."""

    alarm_id: int
    seen: int
    at: datetime


def shown_in(line: str, at: datetime) -> Shown | None:
    """The row in a line of the board's stream that came then; None when there is none."""
    alarm = _ALARM.search(line)
    seen = _SEEN.search(line)
    return Shown(alarm_id=int(alarm[1]), seen=int(seen[1]), at=at) if alarm and seen else None


def arrivals(passings: Iterable[Passing], shown: Sequence[Shown]) -> list[tuple[Passing, datetime | None]]:
    """Each passing with the moment of the first row that showed it; None: no row did."""
    return [
        (
            passing,
            min(
                (row.at for row in shown if row.alarm_id == passing.alarm_id and row.seen >= passing.number),
                default=None,
            ),
        )
        for passing in passings
    ]


def figures_of(passings: Sequence[Passing], shown: Sequence[Shown]) -> Figures:
    """Percentiles of the three delays in ms, how many passings they are of, and how many of those were missed.

    Raises CannotRunError when fewer than two came to the board.
    """
    matched = arrivals(passings, shown)
    came = [(passing, at) for passing, at in matched if at is not None]
    if len(came) < 2:
        raise CannotRunError(f"{len(came)} of {len(passings)} transits came to the board")
    figures: Figures = {
        "gate_n": len(passings),
        "gate_new_alarms": sum(passing.number == 1 for passing, _ in came),
        "missed": len(passings) - len(came),
    }
    moments = {
        "gate_to_board": [_ms(passing.captured_at, at) for passing, at in came],
        "last_frame_to_board": [_ms(passing.last_seen, at) for passing, at in came],
        "stored_to_board": [_ms(passing.received_at, at) for passing, at in came],
    }
    for name, delays in moments.items():
        figures |= _percentiles(name, delays)
    return figures


def _percentiles(name: str, delays: Sequence[float]) -> Figures:
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    log(f"{name}: {len(delays)}, p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, slowest {max(delays):.0f} ms")
    return {
        f"{name}_p50_ms": round(cuts[49], 1),
        f"{name}_p95_ms": round(cuts[94], 1),
        f"{name}_max_ms": round(max(delays), 1),
    }


def _ms(since: datetime, at: datetime) -> float:
    return 1000 * (at - since).total_seconds()
