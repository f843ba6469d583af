# SPDX-License-Identifier: AGPL-3.0-or-later
"""How each destination stands: its profile, the days of a month from kept counters, and whether yesterday is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from anpr.console.forwarding.profiles import ProfileState, profile_state
from anpr.console.state import Console
from anpr.domain.delivery import RunOutcome, agreement_fault
from anpr.domain.organisation import MANAGER
from anpr.forward.schedule import local_day, start_after
from anpr.settings import DestinationSettings
from anpr.store.forwarding.counts import WITHHELD, DayCounts, count_days
from anpr.store.forwarding.pages import newest_runs
from anpr.store.forwarding.runs import ForwardRun
from anpr.store.forwarding.standing import DestinationStanding, destination_standings

DAYS = 31
"""Days that are shown, today the last."""
_LOST = ("rejected", "expired", WITHHELD)


class Yesterday(StrEnum):
    """Whether the day before today is done, at one glance."""

    COMPLETE = "complete"
    """Every transit was accepted, or sent to a destination that answers nothing."""
    UNANSWERED = "unanswered"
    """All is sent, and the destination has not answered for some."""
    LOSSES = "losses"
    """Nothing waits, and some were rejected, expired or withheld."""
    WAITING = "waiting"
    """Some wait to be sent."""
    RUNNING = "running"
    """A run is under way, or was killed."""
    FAILED = "failed"
    """The newest run for it failed."""
    NOT_YET = "not-yet"
    """No run for it yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationState:
    """One destination. `days` are those of the last DAYS; `next_run` is None for one that runs at an interval."""

    settings: DestinationSettings
    profile: ProfileState
    days: DayCounts
    last_run: ForwardRun | None
    yesterday: Yesterday
    next_run: datetime | None
    standing: DestinationStanding | None
    """What the forwarder told of it: the stage it goes by, and live forwarding."""
    is_over: bool
    """Whether the agreement has ended, or is none: nothing is sent."""

    def total(self, state: str) -> int:
        """How many are in this state, of all the days."""
        return sum(states.get(state, 0) for states in self.days.values())


def own_destinations(console: Console) -> tuple[DestinationSettings, ...]:
    """Those of the visitor's organisation; all, for the one that runs the system."""
    own = console.scope.organisation_id
    return tuple(each for each in console.settings.forwarding if own in (MANAGER, each.organisation))


def destination_states(console: Console, chosen: Sequence[DestinationSettings]) -> list[DestinationState]:
    """How these stand now. Figures are kept for the organisation that runs the system. Raises StoreError."""
    now, zone = console.clock.now(), console.settings.zone
    today = local_day(now, zone)
    ids = [each.id for each in chosen]
    with console.database.transaction() as conn:
        days = count_days(conn, ids, first_day(today), zone)
        told = destination_standings(conn)
        last, of_yesterday = newest_runs(conn, ids), newest_runs(conn, ids, today - timedelta(days=1))
    return [
        _state(console, each, days[each.id], told.get(each.id), last.get(each.id), of_yesterday.get(each.id), now)
        for each in chosen
    ]


def first_day(today: date) -> date:
    """The oldest of the days that are shown."""
    return today - timedelta(days=DAYS - 1)


def _state(  # noqa: PLR0913, PLR0917  what was found of one destination
    console: Console,
    destination: DestinationSettings,
    days: DayCounts,
    standing: DestinationStanding | None,
    last: ForwardRun | None,
    of_yesterday: ForwardRun | None,
    now: datetime,
) -> DestinationState:
    today = local_day(now, console.settings.zone)
    profile = profile_state(destination)
    answers = profile.profile is not None and profile.profile.answers.kind != "none"
    counts = days.get(today - timedelta(days=1), {})
    nightly = destination.every_s is None
    return DestinationState(
        settings=destination,
        profile=profile,
        days=days,
        last_run=last,
        yesterday=judge_yesterday(counts, of_yesterday, answers=answers, nightly=nightly),
        next_run=start_after(now, destination.at, console.settings.zone) if nightly else None,
        standing=standing,
        is_over=agreement_fault(destination.protocol, destination.protocol_until, today) is not None,
    )


def judge_yesterday(counts: Mapping[str, int], run: ForwardRun | None, *, answers: bool, nightly: bool) -> Yesterday:
    """What became of a day: its counts, its newest run, whether the destination answers, and whether it has a run for
    each day."""
    if run is not None and run.outcome is RunOutcome.FAILED:
        return Yesterday.FAILED
    if run is not None and run.outcome is None:
        return Yesterday.RUNNING
    if run is None and (nightly or not counts):
        return Yesterday.NOT_YET
    if counts.get("queued") or (run is not None and run.outcome is RunOutcome.INCOMPLETE):
        return Yesterday.WAITING
    if any(counts.get(state) for state in _LOST):
        return Yesterday.LOSSES
    return Yesterday.UNANSWERED if answers and counts.get("sent") else Yesterday.COMPLETE
