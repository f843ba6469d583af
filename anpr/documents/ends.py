# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has a last day: legal bases of gates, agreements, forwarding protocols, certificates, holds, users,
lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from anpr.documents.facts import EndFacts
from anpr.domain.last_day import WARNED_BEFORE, Nearness, nearness_of, presses


class EndKind(StrEnum):
    """What it is that ends."""

    GATE = "gate"
    AGREEMENT = "agreement"
    PROTOCOL = "protocol"
    CERTIFICATE = "certificate"
    HOLD = "hold"
    USER = "user"
    LIST = "list"


_BY_ITSELF = frozenset({EndKind.AGREEMENT, EndKind.HOLD, EndKind.USER})
"""Nothing goes on past their end, and nobody has to do anything: told of for as long after it as before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One thing and the last day on which it holds; `owner`: the name of an organisation, or empty."""

    kind: EndKind
    id: str
    """Of the gate, agreement, destination, setting, hold or user."""
    name: str
    owner: str
    last_day: date
    days_left: int
    """Whole days after today; 0: today is the last one; below 0: it is over."""

    @property
    def presses(self) -> bool:
        """Whether it is over, or ends within WARNED_BEFORE."""
        return presses(self.days_left)

    @property
    def nearness(self) -> Nearness:
        """How near it is."""
        return nearness_of(self.days_left)


def ends_of(facts: EndFacts) -> list[End]:
    """All of them, the earliest first; agreements and users that have been over for long are history."""
    found = [
        End(kind=kind, id=id_, name=name, owner=owner, last_day=day, days_left=(day - facts.today).days)
        for kind, id_, name, owner, day in _found(facts)
    ]
    current = [end for end in found if end.kind not in _BY_ITSELF or end.days_left >= -WARNED_BEFORE.days]
    return sorted(current, key=lambda end: (end.last_day, end.kind, end.name))


def _found(facts: EndFacts) -> Iterator[tuple[EndKind, str, str, str, date]]:
    yield from _of_gates(facts)
    yield from _of_agreements(facts)
    for recipient in facts.recipients:
        yield (
            EndKind.PROTOCOL,
            recipient.id,
            f"{recipient.id}: {recipient.protocol}",
            _owner(facts, recipient.organisation_id),
            recipient.until,
        )
    for certificate in facts.certificates:
        yield EndKind.CERTIFICATE, certificate.setting, certificate.setting, "", certificate.until
    for person in facts.people:
        if person.ends_on and not person.disabled:
            yield EndKind.USER, person.name, person.name, facts.names[person.organisation_id], person.ends_on
    for each in facts.lists:
        yield EndKind.LIST, each.id, f"{each.name} ({each.id})", _owner(facts, each.organisation_id), each.until
    for hold in facts.holds:
        yield EndKind.HOLD, str(hold.number), f"n. {hold.number}", _owner(facts, hold.organisation_id), hold.ends_on


def _of_gates(facts: EndFacts) -> Iterator[tuple[EndKind, str, str, str, date]]:
    for gate in facts.gates:
        if gate.legal_basis_until and not facts.is_retired(gate):
            owner = _owner(facts, gate.organisation)
            yield EndKind.GATE, gate.id, f"{gate.name} ({gate.id})", owner, gate.legal_basis_until


def _of_agreements(facts: EndFacts) -> Iterator[tuple[EndKind, str, str, str, date]]:
    for agreement in facts.agreements:
        if agreement.ended_at is None:
            grantor, grantee = (facts.names.get(each, each) for each in (agreement.grantor_id, agreement.grantee_id))
            name = f"{agreement.id}: {grantor} – {grantee}"
            yield EndKind.AGREEMENT, str(agreement.id), name, grantor, agreement.ends_on


def _owner(facts: EndFacts, organisation_id: str | None) -> str:
    return facts.names.get(organisation_id or "", "")
