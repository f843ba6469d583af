# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of gates, cameras, readers and forwarding: times and numbers, no plates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.completeness_state import completeness_state
from anpr.console.coverage import coverage_gaps, present_states
from anpr.console.forwarding.state import destination_states, own_destinations
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import QueryTooLongError
from anpr.domain.gate import Gate
from anpr.domain.gate_plan import PlanOrigin
from anpr.domain.health import AWAY, UNVERIFIED, UP, HealthInterval
from anpr.domain.last_day import WARNED_BEFORE, days_until, presses
from anpr.domain.natural_order import natural_key
from anpr.domain.organisation import MANAGER
from anpr.store.alarms.statistics import WARN_DAYS, recent_wolves
from anpr.store.audit_chain.mailing import MailState, mail_state
from anpr.store.database.time_limit import time_limit
from anpr.store.forwarding.alarm_pages import TroubledTelling, troubled_tellings
from anpr.store.gate_plans import PlanReport, plan_reports
from anpr.store.gates import list_gates
from anpr.store.health.intervals import unsigned_readers
from anpr.store.notifications.channel_health import ChannelHealth, channel_health
from anpr.store.refused_senders import RefusedSender, parked_senders
from anpr.store.retention_guard import RetentionState, retention_state
from anpr.store.transits.discarded import not_kept
from anpr.store.transits.rows import last_of_gates
from anpr.store.watchlists.cards import ListAge, stale_lists
from anpr.store.watchlists.lists import watchlist_names
from anpr.store.watchlists.places import TroubledPlace, troubled_places
from anpr.store.watchlists.received import ListedDelivery, received_states

router = APIRouter(prefix="/status")

QUIET_AFTER = timedelta(minutes=30)
"""A gate that sent nothing for so long is called quiet; at night that may be right."""

REFRESH_S = 30
"""The page asks for what changed as often as this; a reader reports as often."""
FEW = 12
"""So many gates, or cameras and readers, are shown one by one; of more, those in order are folded away."""
_GAPS_OF = timedelta(hours=24)


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
        return bool(self.troubles) or self.activity == "silent" or presses(self.days_left)


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """What the visitor's role lets them see of it."""
    values = _values(console, visitor)
    if visitor.may(Permission.VIEW_HEALTH):
        values |= _wolves(console)
    return console.templates.response("status/status.html", context, **{"wolves": None, **values})


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
        "mail": _mail(console, visitor, at) if health is not None else None,
        "channels": _failing_channels(console) if health is not None else [],
        "parked": _parked(console, at) if health is not None else [],
        "unsigned": _unsigned(console) if health is not None else [],
        "plans": _plans(console) if health is not None else [],
        "stale_lists": _stale_lists(console, at) if health is not None else [],
        "held_lists": _held_lists(console) if health is not None else [],
        "troubled_places": _troubled_places(console, at) if health is not None else [],
        "gaps": coverage_gaps(console, at - _GAPS_OF, None) if health is not None else [],
        "destinations": destination_states(console, own_destinations(console))
        if visitor.may(Permission.VIEW_FORWARDING)
        else None,
        "troubled_tellings": _troubled_tellings(console, at)
        if visitor.may(Permission.VIEW_HEALTH) or visitor.may(Permission.VIEW_FORWARDING)
        else [],
        "completeness": completeness_state(console) if visitor.may(Permission.VIEW_FORWARDING) else None,
        "is_live": console.live.is_up,
        "open_pages": console.live.pages,
        "now": at,
        "today": at.astimezone(console.settings.zone).date(),
        "warn_days": WARNED_BEFORE.days,
        "refresh_s": REFRESH_S,
        "few": FEW,
    }


def _wolves(console: Console) -> dict[str, Any]:
    """Lists and cameras that cry wolf, and what people call the lists; none where counting takes too long."""
    at, settings = console.clock.now(), console.settings
    limit_s = settings.console.search_timeout_s
    try:
        with console.search_database.transaction() as conn, time_limit(conn, limit_s):
            found = recent_wolves(conn, settings.alarms, at, settings.zone)
            names = watchlist_names(conn)
    except QueryTooLongError:
        return {}
    return {"wolves": found, "wolf_names": names, "wolf_days": WARN_DAYS}


def _retention(console: Console) -> RetentionState:
    with console.database.transaction() as conn:
        return retention_state(conn)


def _mail(console: Console, visitor: Visitor, at: datetime) -> MailState | None:
    """How mailing the audit's head stands, for who runs the system; None where nothing is wrong with it."""
    if visitor.user.organisation_id != MANAGER:
        return None
    with console.database.transaction() as conn:
        state = mail_state(conn)
    late = timedelta(hours=2 * console.settings.audit.mail_every_h)
    is_late = bool(console.settings.audit.mail_to) and (state.mailed_at is None or at - state.mailed_at > late)
    return state if is_late or state.failed_at is not None else None


def _failing_channels(console: Console) -> list[ChannelHealth]:
    """Channels of notifications by which nothing can be sent now."""
    with console.database.transaction() as conn:
        return [each for each in channel_health(conn) if each.failing_since is not None]


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
                days_left=days_until(gate.legal_basis_until, today),
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


def _plans(console: Console) -> list[PlanReport]:
    """Readers that do not run on what the centre last sent: they refuse it, run on their copy, or have none."""
    if not console.settings.gates_from_centre:
        return []
    with console.database.transaction() as conn:
        reports = plan_reports(conn)
    return [one for one in reports if one.state.refusal is not None or one.state.origin is not PlanOrigin.CENTRE]


def _stale_lists(console: Console, at: datetime) -> list[ListAge]:
    with console.database.transaction() as conn:
        return stale_lists(conn, at)


def _held_lists(console: Console) -> list[tuple[str, ListedDelivery]]:
    """Names of received lists of which a delivery waits for a person, and that delivery."""
    with console.database.transaction() as conn:
        waiting = [(state.received.watchlist_id, state.waiting) for state in received_states(conn)]
        names = watchlist_names(conn) if any(each for _, each in waiting) else {}
    return [(names.get(watchlist_id, watchlist_id), each) for watchlist_id, each in waiting if each is not None]


def _troubled_places(console: Console, at: datetime) -> list[TroubledPlace]:
    with console.database.transaction() as conn:
        return troubled_places(conn, at, console.settings.watchlists.pickup_every_s)


def _troubled_tellings(console: Console, at: datetime) -> list[TroubledTelling]:
    """Owners of lists who were not told of alarms, or not in time."""
    with console.database.transaction() as conn:
        return troubled_tellings(conn, at)


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


PAGE = Page(name="status", router=router, permissions=(Permission.VIEW_HEALTH, Permission.VIEW_FORWARDING))
