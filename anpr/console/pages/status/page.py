# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of gates, cameras, readers and forwarding: times and numbers, no plates."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.coverage import coverage_gaps, present_states
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.gate import Gate
from anpr.settings import DestinationSettings
from anpr.store.forwarding.runs import ForwardRun, list_runs
from anpr.store.gates import list_gates
from anpr.store.transits.rows import latest_transits

router = APIRouter(prefix="/status")

QUIET_AFTER = timedelta(minutes=30)
"""A gate that sent nothing for so long is called quiet; at night that may be right."""

WARN_DAYS = 60
_GAPS_OF = timedelta(hours=24)
_RUNS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class GateState:
    """A gate, its last transit, and the days its legal basis still holds (None: without an end)."""

    gate: Gate
    last_at: datetime | None
    activity: str
    days_left: int | None


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """What the visitor's role lets them see of it."""
    now = console.clock.now()
    return console.templates.response(
        "status/status.html",
        context,
        gates=_gate_states(console, now) if visitor.may(Permission.VIEW_HEALTH) else None,
        health=present_states(console) if visitor.may(Permission.VIEW_HEALTH) else None,
        gaps=coverage_gaps(console, now - _GAPS_OF, None) if visitor.may(Permission.VIEW_HEALTH) else [],
        destinations=_destinations(console) if visitor.may(Permission.VIEW_FORWARDING) else None,
        is_live=console.live.is_up,
        open_pages=console.live.pages,
        now=now,
        warn_days=WARN_DAYS,
    )


def _gate_states(console: Console, now: datetime) -> list[GateState]:
    today = now.astimezone(console.settings.zone).date()
    states = []
    with console.database.transaction() as conn:
        for gate in list_gates(conn):
            newest = latest_transits(conn, 1, [gate.id])
            last_at = newest[0].transit.captured_at if newest else None
            states.append(
                GateState(
                    gate=gate,
                    last_at=last_at,
                    activity=_activity(last_at, now),
                    days_left=_days_left(gate.legal_basis_until, today),
                )
            )
    return states


def _activity(last_at: datetime | None, now: datetime) -> str:
    if last_at is None:
        return "silent"
    return "active" if now - last_at <= QUIET_AFTER else "quiet"


def _days_left(until: date | None, today: date) -> int | None:
    return (until - today).days if until else None


def _destinations(console: Console) -> list[tuple[DestinationSettings, list[ForwardRun]]]:
    with console.database.transaction() as conn:
        return [(target, list_runs(conn, target.id, _RUNS)) for target in console.settings.forwarding]


PAGE = Page(name="status", router=router, permissions=(Permission.VIEW_HEALTH, Permission.VIEW_FORWARDING))
