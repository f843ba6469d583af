# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations, and the agreements by which one opens its gates and lists to another."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from anpr.domain.errors import InputError
from anpr.domain.last_day import WARNED_BEFORE

MANAGER = "manager"
"""Id of the organisation that runs the system. It is always there, and owns what nobody else does; in a town with a
system of its own it is the municipality, and the only one."""


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
    ended_by: str | None = None

    def state_on(self, day: date) -> AgreementState:
        """Where it stands on this local day."""
        if self.ended_at is not None or day > self.ends_on:
            return AgreementState.OVER
        if day < self.starts_on:
            return AgreementState.COMING
        return AgreementState.ENDING if day >= self.ends_on - WARNED_BEFORE else AgreementState.IN_FORCE


class AgreementFault(StrEnum):
    """What makes an agreement one that cannot be made."""

    TO_ITSELF = "to-itself"
    ENDS_FIRST = "ends-first"
    IS_OVER = "is-over"
    OPENS_NOTHING = "opens-nothing"
    ALLOWS_NOTHING = "allows-nothing"
    HANDLES_UNSEEN = "handles-unseen"
    PICTURES_OF_NOTHING = "pictures-of-nothing"
    NO_PURPOSE = "no-purpose"
    NO_DOCUMENT = "no-document"
    NOT_OWNED = "not-owned"


class AgreementError(InputError):
    """An agreement that makes no sense, or opens what is not its grantor's."""

    def __init__(self, fault: AgreementFault, text: str) -> None:
        super().__init__(f"agreement: {text}")
        self.fault = fault


def check_agreement(agreement: Agreement, today: date) -> None:
    """Raises AgreementError where it makes no sense, naming the part."""
    first, last = agreement.starts_on, agreement.ends_on
    if agreement.grantor_id == agreement.grantee_id:
        text = f"{agreement.grantor_id} opens things to itself; name two organisations"
        raise AgreementError(AgreementFault.TO_ITSELF, text)
    if last < first:
        raise AgreementError(AgreementFault.ENDS_FIRST, f"its last day {last} lies before its first, {first}")
    if last < today:
        raise AgreementError(AgreementFault.IS_OVER, f"its last day {last} is over already")
    if not agreement.gate_ids and not agreement.watchlist_ids:
        raise AgreementError(AgreementFault.OPENS_NOTHING, "it opens neither a gate nor a list")
    _check_actions(agreement.actions)
    if not agreement.purpose.strip():
        raise AgreementError(AgreementFault.NO_PURPOSE, "purpose must not be empty")
    if not agreement.document.strip():
        raise AgreementError(AgreementFault.NO_DOCUMENT, "document must not be empty")


def _check_actions(actions: frozenset[Action]) -> None:
    if not actions:
        raise AgreementError(AgreementFault.ALLOWS_NOTHING, "it allows nothing; name what may be done")
    if Action.HANDLE in actions and Action.ALARMS not in actions:
        raise AgreementError(AgreementFault.HANDLES_UNSEEN, "who handles alarms must see them: add alarms")
    if Action.PICTURES in actions and not actions & {Action.ALARMS, Action.SEARCH}:
        text = "pictures are seen with alarms or in a search: add one of them"
        raise AgreementError(AgreementFault.PICTURES_OF_NOTHING, text)
