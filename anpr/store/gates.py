# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates as screens and files of the centre need them: without camera URLs, which may hold passwords."""

from collections.abc import Iterable
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.domain.gate import Camera, CameraKind, Gate, Keep
from anpr.domain.natural_order import natural_key
from anpr.domain.near_name import suggestion
from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import NO_PURPOSE
from anpr.store.database.queries import load_queries
from anpr.store.organisations.registry import organisation_names

_SQL = load_queries("gates")


def save_gates(conn: Connection, gates: Iterable[Gate]) -> None:
    """Store or replace these gates. Gates that are no longer configured stay: old transits name them.

    Raises InputError when an owner is no organisation.
    """
    known = organisation_names(conn)
    for gate in sorted(gates, key=lambda gate: gate.id):
        if gate.organisation is not None and gate.organisation not in known:
            hint = suggestion(gate.organisation, known)
            raise InputError(f"gate {gate.id}: organisation: no organisation {gate.organisation!r}{hint}")
        conn.execute(_SQL["save"], gate_row(gate))


def list_gates(conn: Connection) -> list[Gate]:
    """All gates by name, in natural order (2 before 10); the cameras' `url` is empty."""
    gates = [_from_row(row) for row in conn.execute(_SQL["list"])]
    return sorted(gates, key=lambda gate: (natural_key(gate.name), natural_key(gate.id)))


def gate_names(conn: Connection) -> dict[str, str]:
    """What people call each gate, by id; in the order of `list_gates`."""
    return {gate.id: gate.name for gate in list_gates(conn)}


def retention_purposes(conn: Connection) -> dict[str, str]:
    """By gate the id of the purpose that says what is kept of it now; without the gates that have none."""
    return purposes_of(list_gates(conn))


def purposes_of(gates: Iterable[Gate]) -> dict[str, str]:
    """The same of these gates."""
    return {gate.id: gate.retention_purpose for gate in gates if gate.retention_purpose is not None}


def in_use(gates: Iterable[Gate]) -> list[str]:
    """The purposes of these gates, sorted; NO_PURPOSE stands for gates that name none, as unknown ones do."""
    return sorted({gate.retention_purpose or NO_PURPOSE for gate in gates} or {NO_PURPOSE})


def owner_of_gate(conn: Connection, gate_id: str) -> str:
    """The organisation that a gate belongs to; one that nobody has configured is the manager's."""
    return next((gate.organisation or MANAGER for gate in list_gates(conn) if gate.id == gate_id), MANAGER)


def check_gates(conn: Connection, gate_ids: Iterable[str]) -> None:
    """Raises InputError for a gate that nobody knows: no list, and no transit or health report ever named it.

    A search at a mistyped gate finds nothing, and would read like an alibi.
    """
    known = {gate.id for gate in list_gates(conn)}
    for gate_id in gate_ids:
        if gate_id in known or conn.execute(_SQL["is_named"], {"id": gate_id}).fetchone():
            continue
        raise InputError(f"no gate has the id {gate_id!r}{suggestion(gate_id, known)}")


def gate_row(gate: Gate) -> dict[str, Any]:
    """The values of its row, without any camera's address."""
    return {
        "id": gate.id,
        "name": gate.name,
        "purpose": gate.purpose,
        "legal_basis": gate.legal_basis,
        "legal_basis_until": gate.legal_basis_until,
        "latitude": gate.latitude,
        "longitude": gate.longitude,
        "retention_purpose": gate.retention_purpose,
        "keep": str(gate.keep),
        "organisation": gate.organisation,
        "cameras": Jsonb(
            [{"id": c.id, "kind": c.kind, "lane": c.lane, "bearing_deg": c.bearing_deg} for c in gate.cameras]
        ),
    }


def _from_row(row: dict[str, Any]) -> Gate:
    cameras = tuple(Camera(**{**c, "kind": CameraKind(c["kind"]), "url": ""}) for c in row["cameras"])
    values = {name: row[name] for name in Gate.__dataclass_fields__ if name != "organisation"}
    values |= {"cameras": cameras, "keep": Keep(row["keep"]), "organisation": row["organisation_id"]}
    return Gate(**values)
