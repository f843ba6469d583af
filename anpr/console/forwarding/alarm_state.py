# SPDX-License-Identifier: AGPL-3.0-or-later
"""How each destination of alarms stands: its profile, its counts, and whether its owner was not told."""

from dataclasses import dataclass, field

from anpr.console.forwarding.profiles import ProfileState, profile_state
from anpr.console.state import Console
from anpr.domain.delivery import agreement_fault
from anpr.forward.schedule import local_day
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.store.forwarding.alarm_pages import Tally, TroubledTelling, message_tallies, troubled_tellings


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmDestinationState:
    """One destination of alarms; `trouble` is None where the owner was told of all in time."""

    settings: AlarmDestinationSettings
    profile: ProfileState
    counts: Tally = field(default_factory=dict)
    trouble: TroubledTelling | None = None
    is_over: bool
    """Whether the agreement has ended, or is none: nothing is told."""

    def total(self, message: str, *states: str) -> int:
        """How many messages of this kind are in these states."""
        return sum(self.counts.get((message, state), 0) for state in states)

    @property
    def untaken(self) -> int:
        """How many were rejected or given up: what can be queued again."""
        return sum(self.total(message, "rejected", "dead") for message in ("raised", "outcome"))


def own_alarm_destinations(console: Console) -> tuple[AlarmDestinationSettings, ...]:
    """Those of the visitor's organisation: messages of another one's lists are not shown to it."""
    own = console.scope.organisation_id
    return tuple(each for each in console.settings.alarm_forwarding if each.organisation == own)


def alarm_destination_states(console: Console) -> list[AlarmDestinationState]:
    """How these stand now. Raises StoreError."""
    chosen = own_alarm_destinations(console)
    if not chosen:
        return []
    now = console.clock.now()
    with console.database.transaction() as conn:
        tallies = message_tallies(conn, [each.id for each in chosen])
        troubled = {each.destination: each for each in troubled_tellings(conn, now)}
    today = local_day(now, console.settings.zone)
    return [
        AlarmDestinationState(
            settings=each,
            profile=profile_state(each.destination),
            counts=tallies[each.id],
            trouble=troubled.get(each.id),
            is_over=agreement_fault(each.protocol, each.protocol_until, today) is not None,
        )
        for each in chosen
    ]
