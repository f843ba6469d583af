# SPDX-License-Identifier: AGPL-3.0-or-later
"""Agreements between organisations: made, ended early, warned of and stopped; each step with its row in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.last_day import WARNED_BEFORE
from anpr.domain.organisation import (
    MANAGER,
    Action,
    Agreement,
    AgreementError,
    AgreementFault,
    check_agreement,
)
from anpr.store.audit import SYSTEM, AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.organisations.registry import get_organisation, owned_by

_SQL = load_queries("agreements")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Agreements of which it was noted that they are about to end, and that they have ended."""

    warned: tuple[Agreement, ...]
    stopped: tuple[Agreement, ...]


def list_agreements(conn: Connection) -> list[Agreement]:
    """All, the newest first; of the console's role, those in which its organisation has a part."""
    return [_from_row(row) for row in conn.execute(_SQL["list"])]


def make_agreement(conn: Connection, agreement: Agreement, by: str, at: datetime, today: date) -> Agreement:
    """Store it. Raises InputError where it makes no sense, or opens what is not its grantor's."""
    check_agreement(agreement, today)
    for each in (agreement.grantor_id, agreement.grantee_id):
        get_organisation(conn, each)
    _demand_owned(conn, agreement)
    values = {
        "grantor_id": agreement.grantor_id,
        "grantee_id": agreement.grantee_id,
        "gate_ids": sorted(agreement.gate_ids),
        "watchlist_ids": sorted(agreement.watchlist_ids),
        "actions": sorted(str(action) for action in agreement.actions),
        "purpose": agreement.purpose,
        "document": agreement.document,
        "starts_on": agreement.starts_on,
        "ends_on": agreement.ends_on,
        "at": at,
        "by": by,
    }
    made = _from_row(conn.execute(_SQL["make"], values).fetchone() or {})
    _note(conn, AuditAction.AGREEMENT_MADE, made, by, at)
    return made


def end_agreement(conn: Connection, number: int, by: str, at: datetime, today: date) -> Agreement:
    """It opens nothing from now on. Raises InputError when there is none, or it is over already."""
    row = conn.execute(_SQL["lock"], {"id": number}).fetchone()
    if row is None:
        raise InputError(f"agreement {number}: there is none")
    agreement = _from_row(row)
    if agreement.ended_at is not None or agreement.ends_on < today:
        raise InputError(f"agreement {number}: it is over already")
    ended = _from_row(conn.execute(_SQL["end"], {"id": number, "at": at, "by": by}).fetchone() or {})
    _note(conn, AuditAction.AGREEMENT_ENDED, ended, by, at)
    return ended


def tell_of_ends(conn: Connection, at: datetime, today: date) -> Told:
    """Note, once each, which agreements are about to end (WARNED_BEFORE) and which have ended."""
    values = {"at": at, "day": today, "warn_until": today + WARNED_BEFORE}
    warned = tuple(_from_row(row) for row in conn.execute(_SQL["warn"], values))
    stopped = tuple(_from_row(row) for row in conn.execute(_SQL["stop"], values))
    for agreement in warned:
        _tell_both(conn, AuditAction.AGREEMENT_ENDING, agreement, at)
    for agreement in stopped:
        if agreement.ended_at is None:  # else whoever ended it is in the audit
            _tell_both(conn, AuditAction.AGREEMENT_ENDED, agreement, at)
    return Told(warned=warned, stopped=stopped)


def _demand_owned(conn: Connection, agreement: Agreement) -> None:
    owned = owned_by(conn).get(agreement.grantor_id)
    gates = agreement.gate_ids - set(owned.gate_ids if owned else ())
    lists = agreement.watchlist_ids - set(owned.watchlist_ids if owned else ())
    for kind, others in (("gate", gates), ("list", lists)):
        if others:
            text = f"{kind} {min(others)} is not of {agreement.grantor_id}"
            raise AgreementError(AgreementFault.NOT_OWNED, text)


def _tell_both(conn: Connection, action: AuditAction, agreement: Agreement, at: datetime) -> None:
    """A row for each party: the auditor of one sees no rows of the other."""
    for party in (agreement.grantor_id, agreement.grantee_id):
        _note(conn, action, agreement, SYSTEM, at, {} if party == MANAGER else {"organisation": party})


def _note(
    conn: Connection,
    action: AuditAction,
    agreement: Agreement,
    by: str,
    at: datetime,
    party: Mapping[str, str] = MappingProxyType({}),
) -> None:
    detail = {
        **party,
        "agreement": agreement.id,
        "grantor": agreement.grantor_id,
        "grantee": agreement.grantee_id,
        "gates": sorted(agreement.gate_ids),
        "watchlists": sorted(agreement.watchlist_ids),
        "actions": sorted(str(each) for each in agreement.actions),
        "document": agreement.document,
        "starts_on": agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat(),
    }
    append(conn, AuditEvent(actor=by, action=action, at=at, detail=detail))


def _from_row(row: Mapping[str, Any]) -> Agreement:
    values = {name: row[name] for name in Agreement.__dataclass_fields__}
    values |= {
        "gate_ids": frozenset(row["gate_ids"]),
        "watchlist_ids": frozenset(row["watchlist_ids"]),
        "actions": frozenset(Action(each) for each in row["actions"]),
    }
    return Agreement(**values)
