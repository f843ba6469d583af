# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms of a patrol: those of its area, those it has, and those that were sent to it; others do not exist for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from anpr.console.access import Visitor
from anpr.console.state import Console
from anpr.domain.alarm import AlarmEventKind
from anpr.domain.gate import Gate
from anpr.domain.patrol import is_in_area
from anpr.store.alarms.views import AlarmView
from anpr.store.gates import list_gates
from anpr.store.patrol.people import PatrolPerson, patrol_person

MOST = 30
"""Alarms on a phone; the others are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """An alarm as a phone shows it."""

    view: AlarmView
    gate: Gate | None
    """Where the vehicle was seen last; None where the gate is gone."""
    on_scene: tuple[str, ...]
    """Patrols that act on it."""
    is_sent: bool
    """Whether somebody sent it to this very patrol."""


def person_of(console: Console, visitor: Visitor) -> PatrolPerson:
    """The visitor's area, and whether they show their position."""
    with console.database.transaction() as conn:
        return patrol_person(conn, visitor.user.name)


def live_views(console: Console, visitor: Visitor, person: PatrolPerson) -> list[AlarmView]:
    """MOST + 1 at most."""
    return console.alarms.of_patrol(visitor.user.name, person.area, MOST + 1)


def is_for(visitor: Visitor, person: PatrolPerson, view: AlarmView) -> bool:
    """Whether this patrol sees the alarm. One from the past is nobody's: it says where a vehicle was."""
    if view.alarm.retro:
        return False
    user = visitor.user.name
    gates = [each.sighting.gate_id for each in view.sightings]
    return is_in_area(person.area, gates) or view.alarm.acknowledged_by == user or _is_sent(view, user)


def view_for(console: Console, visitor: Visitor, alarm_id: int) -> AlarmView | None:
    """The alarm; None where there is none for this patrol."""
    view = console.alarms.one(alarm_id)
    return view if view and is_for(visitor, person_of(console, visitor), view) else None


def cards(console: Console, visitor: Visitor, views: Iterable[AlarmView]) -> list[Card]:
    """The alarms with what a phone shows beside them."""
    with console.database.transaction() as conn:
        gates = {gate.id: gate for gate in list_gates(conn)}
    return [
        Card(
            view=view,
            gate=gates.get(view.latest.sighting.gate_id),
            on_scene=tuple(dict.fromkeys(each.author for each in view.events
                                         if each.kind is AlarmEventKind.ON_SCENE and each.author)),
            is_sent=_is_sent(view, visitor.user.name),
        )
        for view in views
    ]  # fmt: skip


def _is_sent(view: AlarmView, user: str) -> bool:
    return any(each.kind is AlarmEventKind.DISPATCHED and each.text == user for each in view.events)
