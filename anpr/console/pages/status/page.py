# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of gates, cameras, readers and forwarding: times and numbers, no plates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.coverage import coverage_gaps, present_states
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.gate import Gate
from anpr.domain.health import AWAY, UNVERIFIED, UP, HealthInterval
from anpr.domain.natural_order import natural_key
from anpr.settings import DestinationSettings
from anpr.store.forwarding.runs import ForwardRun, list_runs
from anpr.store.gates import list_gates
from anpr.store.health.intervals import unsigned_readers
from anpr.store.refused_senders import RefusedSender, parked_senders
from anpr.store.retention_guard import RetentionState, retention_state
from anpr.store.transits.discarded import not_kept
from anpr.store.transits.rows import last_of_gates

router = APIRouter(prefix="/status")

QUIET_AFTER = timedelta(minutes=30)
"""A gate that sent nothing for so long is called quiet; at night that may be right."""

WARN_DAYS = 60
REFRESH_S = 30
"""The page asks for what changed as often as this; a reader reports as often."""
FEW = 12
"""So many gates, or cameras and readers, are shown one by one; of more, those in order are folded away."""
_GAPS_OF = timedelta(hours=24)
_RUNS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class GateState:
    """A gate, its last transit, what is wrong with its cameras and readers, and the days its legal basis still holds
    (None: without an end)."""

    gate: Gate
    last_at: datetime | None
    activity: str
    days_left: int | None
    troubles: tuple[HealthInterval, ...]
    not_kept: int | None = None
    """Transits of the last 24 hours that were counted and not kept; None where everything is kept."""

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should do something; a quiet gate may be right at night."""
        is_ending = self.days_left is not None and self.days_left <= WARN_DAYS
        return bool(self.troubles) or self.activity == "silent" or is_ending


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """What the visitor's role lets them see of it."""
    return console.templates.response("status/status.html", context, **_values(console, visitor))


@router.get("/now")
def now(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """Only what changes, for the refresh."""
    return console.templates.response("status/now.html", context, **_values(console, visitor))


def _values(console: Console, visitor: Visitor) -> dict[str, Any]:
    at = console.clock.now()
    health = present_states(console) if visitor.may(Permission.VIEW_HEALTH) else None
    gates = _gate_states(console, at, health) if health is not None else []
    return {
        "gates": gates,
        "gate_names": {state.gate.id: state.gate.name for state in gates},
        "health": _in_order(health) if health is not None else None,
        "retention": _retention(console) if health is not None else None,
        "parked": _parked(console, at) if health is not None else [],
        "unsigned": _unsigned(console) if health is not None else [],
        "gaps": coverage_gaps(console, at - _GAPS_OF, None) if health is not None else [],
        "destinations": _destinations(console) if visitor.may(Permission.VIEW_FORWARDING) else None,
        "is_live": console.live.is_up,
        "open_pages": console.live.pages,
        "now": at,
        "today": at.astimezone(console.settings.zone).date(),
        "warn_days": WARN_DAYS,
        "refresh_s": REFRESH_S,
        "few": FEW,
    }


def _retention(console: Console) -> RetentionState:
    with console.database.transaction() as conn:
        return retention_state(conn)


def _gate_states(console: Console, at: datetime, health: Sequence[HealthInterval]) -> list[GateState]:
    """In natural order: those with a fault first, then the others that need attention."""
    today = at.astimezone(console.settings.zone).date()
    troubles = [one for one in health if one.state != UP]
    with console.database.transaction() as conn:
        gates = list_gates(conn)
        last = last_of_gates(conn, [gate.id for gate in gates])
        discarded = {one.gate_id: one for one in not_kept(conn, at - _GAPS_OF, at)}
    for gate_id, one in discarded.items():  # a gate whose transits match no list is not silent
        if one.last_at is not None:
            last[gate_id] = max(one.last_at, last.get(gate_id, one.last_at))
    states = []
    for gate in gates:
        own = tuple(one for one in troubles if gate.id in one.gate_ids)
        states.append(
            GateState(
                gate=gate,
                last_at=last.get(gate.id),
                activity="unverified" if _is_unverified(own) else _activity(last.get(gate.id), at),
                days_left=_days_left(gate.legal_basis_until, today),
                troubles=own,
                not_kept=discarded[gate.id].number if gate.id in discarded else None,
            )
        )
    return sorted(states, key=lambda state: (not state.troubles, not state.needs_attention))


def _parked(console: Console, at: datetime) -> list[RefusedSender]:
    with console.database.transaction() as conn:
        return parked_senders(conn, at)


def _unsigned(console: Console) -> list[str]:
    with console.database.transaction() as conn:
        return unsigned_readers(conn)


def _in_order(health: Sequence[HealthInterval]) -> list[HealthInterval]:
    """What is not up first; then by kind, and in natural order."""
    return sorted(health, key=lambda one: (one.state == UP, one.kind, natural_key(one.id)))


def _activity(last_at: datetime | None, now: datetime) -> str:
    if last_at is None:
        return "silent"
    return "active" if now - last_at <= QUIET_AFTER else "quiet"


def _is_unverified(troubles: Sequence[HealthInterval]) -> bool:
    """Whether nobody can say that a gate with these looks, however lately a vehicle passed: its reader is away."""
    return any(one.state in {AWAY, UNVERIFIED} for one in troubles)


def _days_left(until: date | None, today: date) -> int | None:
    return (until - today).days if until else None


def _destinations(console: Console) -> list[tuple[DestinationSettings, list[ForwardRun]]]:
    with console.database.transaction() as conn:
        return [(target, list_runs(conn, target.id, _RUNS)) for target in console.settings.forwarding]


PAGE = Page(name="status", router=router, permissions=(Permission.VIEW_HEALTH, Permission.VIEW_FORWARDING))
