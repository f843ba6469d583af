# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations, and the agreements by which one opens its gates and lists to another."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from anpr.domain.errors import InputError

MANAGER = "manager"
"""Id of the organisation that runs the system. It is always there, and owns what nobody else does; in a town with a
system of its own it is the municipality, and the only one."""

WARNED_BEFORE = timedelta(days=30)
"""So long before its last day an agreement is about to end."""


class OrganisationKind(StrEnum):
    """What an organisation is."""

    MUNICIPALITY = "municipality"
    UNION = "union"
    FORCE = "force"
    MANAGER = "manager"


class Action(StrEnum):
    """What an agreement lets the grantee do with gates and lists of the grantor.

    Lists take ALARMS and HANDLE (their alarms) and SEARCH (their entries); gates take all. FORWARD: sending the gate's
    transits to another centre.
    """

    ALARMS = "alarms"
    HANDLE = "handle"
    SEARCH = "search"
    PICTURES = "pictures"
    FORWARD = "forward"


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """A municipality, a union of municipalities, a force, or who runs the system for them."""

    id: str
    name: str
    kind: OrganisationKind
    contact: str = ""
    controller: str = ""
    """The data controller that notices name (GDPR art. 13, D.Lgs. 51/2018 art. 10)."""


class AgreementState(StrEnum):
    """Where an agreement stands on a day."""

    COMING = "coming"
    IN_FORCE = "in-force"
    ENDING = "ending"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What `grantor_id` opens to `grantee_id`, from `starts_on` to `ends_on`: whole local days."""

    grantor_id: str
    grantee_id: str
    gate_ids: frozenset[str] = frozenset()
    watchlist_ids: frozenset[str] = frozenset()
    actions: frozenset[Action]
    purpose: str
    document: str
    """The act that it rests on: protocol and date."""
    starts_on: date
    ends_on: date
    id: int = 0
    """0: not stored yet."""
    ended_at: datetime | None = None
    """When somebody ended it before its last day (UTC)."""
    ended_by: str | None = field(default=None)

    def state_on(self, day: date) -> AgreementState:
        """Where it stands on this local day."""
        if self.ended_at is not None or day > self.ends_on:
            return AgreementState.OVER
        if day < self.starts_on:
            return AgreementState.COMING
        return AgreementState.ENDING if day >= self.ends_on - WARNED_BEFORE else AgreementState.IN_FORCE


def check_agreement(agreement: Agreement, today: date) -> None:
    """Raises InputError where it makes no sense, naming the part."""
    if agreement.grantor_id == agreement.grantee_id:
        raise InputError(f"agreement: {agreement.grantor_id} opens things to itself; name two organisations")
    if agreement.ends_on < agreement.starts_on:
        raise InputError(f"agreement: its last day {agreement.ends_on} lies before its first, {agreement.starts_on}")
    if agreement.ends_on < today:
        raise InputError(f"agreement: its last day {agreement.ends_on} is over already")
    if not agreement.gate_ids and not agreement.watchlist_ids:
        raise InputError("agreement: it opens neither a gate nor a list")
    _check_actions(agreement.actions)
    for name in ("purpose", "document"):
        if not getattr(agreement, name).strip():
            raise InputError(f"agreement: {name} must not be empty")


def _check_actions(actions: frozenset[Action]) -> None:
    if not actions:
        raise InputError("agreement: it allows nothing; name what may be done")
    if Action.HANDLE in actions and Action.ALARMS not in actions:
        raise InputError("agreement: who handles alarms must see them: add alarms")
    if Action.PICTURES in actions and not actions & {Action.ALARMS, Action.SEARCH}:
        raise InputError("agreement: pictures are seen with alarms or in a search: add one of them")
