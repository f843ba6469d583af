# SPDX-License-Identifier: AGPL-3.0-or-later
"""Append-only versions of gates where the centre is the source: each is a gate's whole definition, never changed.

Optimistic locking: whoever saves says which version they saw; where another one came meanwhile nothing is saved. The
row in `gates`, by which pages and ingest go, is changed in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from psycopg.types.json import Jsonb

from anpr.domain.errors import AccessError, InputError
from anpr.domain.gate import Keep
from anpr.domain.gate_difference import Difference, differences
from anpr.domain.near_name import suggestion
from anpr.settings.planned import PlannedCamera, PlannedGate, as_json, read_definition
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.gate_plans import plan_reports
from anpr.store.gates import gate_row, list_gates

_SQL = load_queries("gate_versions")
_NEWEST = 2**31 - 1


class ChangedMeanwhileError(InputError):
    """Somebody else saved the gate after it was shown; `newest` is their version."""

    def __init__(self, gate_id: str, based_on: int, newest: "GateVersion") -> None:
        super().__init__(
            f"gate {gate_id}: {newest.author} has saved version {newest.version} after you were shown version"
            f" {based_on}; nothing was saved"
        )
        self.newest = newest


class GateTakenError(InputError):
    """There is a gate with this id, which is not the visitor's to change."""


class CameraTakenError(InputError):
    """Another gate has a camera with this id."""


class NoVersionError(InputError):
    """The gate has no version of this number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateVersion:
    """One version of a gate."""

    gate_id: str
    version: int
    """1 is the first of its gate."""
    number: int
    """Over all gates, growing."""
    reader_id: str | None
    """Which reader runs it; None: none does."""
    definition: Mapping[str, Any]
    author: str
    made_at: datetime
    reason: str
    restored: int | None
    """The version that it is equal to, where it was made so."""

    @property
    def gate(self) -> PlannedGate:
        """The definition. Raises InputError where this version of the software does not understand it."""
        return read_definition(dict(self.definition), self.gate_id)

    def differences_from(self, before: "GateVersion | None") -> tuple[Difference, ...]:
        """What differs from an earlier version (None: from nothing)."""
        return differences(before.definition if before else {}, self.definition)


@dataclass(frozen=True, kw_only=True, slots=True)
class GateEdit:
    """Who changes a gate, why, and which version they were shown (0: none, the gate is new)."""

    by: Author
    reason: str
    based_on: int
    keep_by_purpose: Mapping[str, Keep]
    """What is kept under each purpose of retention; a gate may name no other."""


def save_version(
    conn: Connection, gate: PlannedGate, edit: GateEdit, restored: int | None = None
) -> GateVersion | None:
    """Add the next version and record it; None where nothing would change.

    Raises ChangedMeanwhileError where the version that was shown is not the newest, InputError where gate, cameras,
    reason or purpose do not do, AccessError where the gate is of another organisation.
    """
    if not edit.reason.strip():
        raise InputError(f"gate {gate.id}: a reason is needed; it stays with the version")
    conn.execute(_SQL["lock"])
    newest = current_version(conn, gate.id)
    if (newest.version if newest else 0) != edit.based_on:
        raise _conflict(gate.id, edit.based_on, newest)
    definition = as_json(gate)
    if newest is not None and not differences(newest.definition, definition):
        return None
    _check_cameras(conn, gate)
    _check_owner(conn, gate)
    _show(conn, gate, edit.keep_by_purpose)
    row: dict[str, Any] = {
        "gate_id": gate.id,
        "version": edit.based_on + 1,
        "reader_id": gate.reader,
        "definition": definition,
        "author": edit.by.name,
        "made_at": edit.by.at,
        "reason": edit.reason.strip(),
        "restored": restored,
    }
    number = one_row(conn, _SQL["add"], row | {"definition": Jsonb(definition)})["number"]
    made = GateVersion(**row, number=number)
    _note(conn, made, newest)
    return made


def restore_version(conn: Connection, gate_id: str, version: int, edit: GateEdit) -> GateVersion | None:
    """Add a version equal to an earlier one; None where the newest one is. Raises as `save_version`, and InputError
    where there is no such version."""
    return save_version(conn, get_version(conn, gate_id, version).gate, edit, restored=version)


def _note(conn: Connection, made: GateVersion, before: GateVersion | None) -> None:
    """With the keys that changed, and not what they were: an address is in the history, which less people see."""
    changed = [f"{each.camera}.{each.key}" if each.camera else each.key for each in made.differences_from(before)]
    detail: dict[str, Any] = {"gate": made.gate_id, "version": made.version, "changed": changed}
    if made.restored is not None:
        detail["restored"] = made.restored
    event = AuditEvent(
        actor=made.author, action=AuditAction.GATE_SAVED, at=made.made_at, reason=made.reason, detail=detail
    )
    append(conn, event)


def current_version(conn: Connection, gate_id: str) -> GateVersion | None:
    """The newest version; None where the gate has none, or the visitor may not change it."""
    row = conn.execute(_SQL["current_of"], {"gate_id": gate_id}).fetchone()
    return GateVersion(**row) if row else None


def current_versions(conn: Connection) -> dict[str, GateVersion]:
    """The newest version of each gate, by its id."""
    return {row["gate_id"]: GateVersion(**row) for row in conn.execute(_SQL["current"])}


def get_version(conn: Connection, gate_id: str, version: int) -> GateVersion:
    """Raises NoVersionError when there is none."""
    row = conn.execute(_SQL["get"], {"gate_id": gate_id, "version": version}).fetchone()
    if row is None:
        raise NoVersionError(f"gate {gate_id}: no version {version}")
    return GateVersion(**row)


def gate_history(conn: Connection, gate_id: str, limit: int, upto: int = _NEWEST) -> list[GateVersion]:
    """The versions up to this one, the newest first, at most `limit`."""
    values = {"gate_id": gate_id, "limit": limit, "upto": upto}
    return [GateVersion(**row) for row in conn.execute(_SQL["history"], values)]


def _conflict(gate_id: str, based_on: int, newest: GateVersion | None) -> InputError:
    if newest is None:
        return InputError(f"gate {gate_id}: no version of it here; it came from a settings file (anpr gate import)")
    return ChangedMeanwhileError(gate_id, based_on, newest)


def _check_cameras(conn: Connection, gate: PlannedGate) -> None:
    for camera in gate.cameras:
        if one_row(conn, _SQL["camera_of_another"], {"camera": camera.id, "gate": gate.id})["taken"]:
            raise CameraTakenError(f"gate {gate.id}: camera {camera.id}: another gate has a camera with this id")


class OfOthersError(InputError):
    """A reader (`camera` is None), or a camera's secret, that only gates of other organisations use."""

    def __init__(self, gate_id: str, camera: str | None, name: str) -> None:
        where = f"camera {camera}: secret" if camera else "reader"
        super().__init__(f"gate {gate_id}: {where}: only gates of another organisation use {name}")
        self.camera = camera
        self.name = name


def _check_owner(conn: Connection, gate: PlannedGate) -> None:
    """A reader that looks at others' cameras has their logins; only the manager lets another organisation in."""
    if gate.reader is None:
        return
    named = [(None, None), *((camera.id, camera.secret) for camera in gate.cameras if camera.secret)]
    for camera, secret in named:
        if one_row(conn, _SQL["only_of_others"], {"reader": gate.reader, "secret": secret})["taken"]:
            raise OfOthersError(gate.id, camera, secret or gate.reader)


def is_new_reader(conn: Connection, reader: str) -> bool:
    """Whether, as far as the visitor sees, it has never told what it runs on and runs no gate."""
    if any(each.reader_id == reader for each in current_versions(conn).values()):
        return False
    return all(each.reader_id != reader for each in plan_reports(conn))


def moved_cameras(before: PlannedGate | None, gate: PlannedGate) -> tuple[str, ...]:
    """Cameras that keep the name of their secret and have another host in their address: their reader gives the login
    only to hosts that it names itself."""
    old = {camera.id: camera for camera in before.cameras} if before else {}
    return tuple(
        camera.id
        for camera in gate.cameras
        if camera.secret
        and camera.id in old
        and old[camera.id].secret == camera.secret
        and _place(old[camera.id]) != _place(camera)
    )


def _place(camera: PlannedCamera) -> str:
    return urlsplit(camera.url.get_secret_value()).netloc.lower()


def _show(conn: Connection, gate: PlannedGate, keep_by_purpose: Mapping[str, Keep]) -> None:
    """Change the gate's row. A gate that is not there yet is the manager's, until somebody says otherwise."""
    purpose = gate.retention_purpose
    if purpose is not None and purpose not in keep_by_purpose:
        hint = suggestion(purpose, keep_by_purpose)
        raise InputError(f"gate {gate.id}: retention_purpose: retention.purposes has no id {purpose!r}{hint}")
    shown = gate.to_domain(keep_by_purpose[purpose] if purpose else Keep.ALL)
    if conn.execute(_SQL["show"], gate_row(shown)).rowcount:
        return
    if any(each.id == gate.id for each in list_gates(conn)):
        raise AccessError(f"gate {gate.id} belongs to another organisation")
    if conn.execute(_SQL["make"], gate_row(shown)).rowcount == 0:
        raise GateTakenError(f"gate {gate.id}: there is one with this id")
