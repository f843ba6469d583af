# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an administrator may change of a gate: its newest version where the centre is the source, and what readers say.

Row-level security lets a transaction see the versions of its own organisation's gates, and the manager's all.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form
from starlette.exceptions import HTTPException

from anpr.console.access import Visitor, allowed, author_of
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.rendering.refusals import Refusal
from anpr.console.state import Console
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.gate_difference import Difference
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.settings.planned import PlannedGate
from anpr.store.database.connection import Connection
from anpr.store.gate_plans import PlanReport, plan_reports
from anpr.store.gate_versions import (
    ChangedMeanwhileError,
    GateEdit,
    GateVersion,
    current_version,
    get_version,
    is_new_reader,
    save_version,
)

Administrator = Annotated[Visitor, Depends(allowed(Permission.MANAGE_GATES))]
Based = Annotated[int, Form(ge=0, lt=2**31)]
Reason = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Managed:
    """The newest version of a gate, and what its reader last said of its plan (None: nothing yet)."""

    version: GateVersion
    report: PlanReport | None

    @property
    def is_in_use(self) -> bool:
        """Whether the reader has said that it runs on this version, or on one of another gate that came after it."""
        return self.report is not None and (self.report.state.number or 0) >= self.version.number

    @property
    def refusal(self) -> str | None:
        """Why the reader refuses what it was sent last."""
        return self.report.state.refusal if self.report else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Somebody saved another version meanwhile: which, and what it changed."""

    newest: GateVersion
    changes: tuple[Difference, ...]


def managed_gate(console: Console, visitor: Visitor, gate_id: str) -> Managed | None:
    """None where the visitor may not change the gate here: by role, by owner, or because a file is the source."""
    if not console.settings.gates_from_centre or not visitor.may(Permission.MANAGE_GATES):
        return None
    with console.database.transaction() as conn:
        version = current_version(conn, gate_id)
        reports = plan_reports(conn) if version else []
    if version is None:
        return None
    return Managed(
        version=version, report=next((each for each in reports if each.reader_id == version.reader_id), None)
    )


def managed_or_404(console: Console, visitor: Visitor, gate_id: str) -> Managed:
    """Raises HTTPException 404."""
    managed = managed_gate(console, visitor, gate_id)
    if managed is None:
        raise HTTPException(404)
    return managed


def refused_by(exc: InputError) -> FieldFault:
    """That the centre refuses a change, and why, in the page's language."""
    return FieldFault(key="gates.edit_refused", values={"why": Refusal(exc)})


def reason_faults(reason: str) -> dict[str, FieldFault]:
    """What is wrong with the reason of a change."""
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "reason", reason)
    refuse_odd(faults, "reason", [reason], MAX_REASON)
    return faults


def reader_faults(
    console: Console, before: PlannedGate | None, gate: PlannedGate | None, *, is_confirmed: bool
) -> dict[str, FieldFault]:
    """A slip in the reader's id stops the gate: one that nobody has heard of is to be confirmed."""
    if gate is None or gate.reader in (None, before.reader if before else None) or is_confirmed:
        return {}
    with console.database.transaction() as conn:
        is_new = is_new_reader(conn, str(gate.reader))
    return {"reader": FieldFault(key="gates.edit_new_reader", values={"reader": gate.reader})} if is_new else {}


def edit_of(console: Console, visitor: Visitor, reason: str, based_on: int) -> GateEdit:
    """The visitor's change of now."""
    by = author_of(console, visitor)
    keep = console.settings.keep_by_purpose
    return GateEdit(by=by, reason=plain_reason(reason), based_on=based_on, keep_by_purpose=keep)


def save(console: Console, gate: PlannedGate, edit: GateEdit) -> GateVersion | Conflict | None:
    """The version; None where nothing would change. Raises InputError, AccessError."""
    with console.database.transaction() as conn:
        try:
            return save_version(conn, gate, edit)
        except ChangedMeanwhileError as exc:
            return conflict_of(conn, exc, edit.based_on)


def conflict_of(conn: Connection, exc: ChangedMeanwhileError, based_on: int) -> Conflict:
    """What came between the version that was shown and the newest."""
    before = get_version(conn, exc.newest.gate_id, based_on) if based_on else None
    return Conflict(newest=exc.newest, changes=exc.newest.differences_from(before))
