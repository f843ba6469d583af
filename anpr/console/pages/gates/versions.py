# SPDX-License-Identifier: AGPL-3.0-or-later
"""History of a gate: its versions with what each changed, and going back to one, which makes a new version."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.managed import (
    Administrator,
    Based,
    Conflict,
    Reason,
    conflict_of,
    edit_of,
    managed_or_404,
    reason_faults,
    refused_by,
)
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.gate_difference import Difference
from anpr.store.gate_versions import (
    ChangedMeanwhileError,
    GateVersion,
    NoVersionError,
    OfOthersError,
    gate_history,
    restore_version,
)

router = APIRouter(prefix="/{gate_id}/versions")

GateId = Annotated[Line, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, lt=2**31)]
_EACH = 20
_NEWEST = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRow:
    """A version, and what it changed."""

    version: GateVersion
    changes: tuple[Difference, ...]


@router.get("")
def show(
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    gate_id: GateId,
    upto: Annotated[int, Query(ge=1, lt=2**31)] = _NEWEST,
) -> Response:
    """The versions, the newest first; 404 where the visitor may not change the gate."""
    return _page(console, visitor, context, gate_id, upto=upto)


@router.post("/{number}/restore")
def restore(  # noqa: PLR0913, PLR0917  what a form sends
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    gate_id: GateId,
    number: Number,
    based_on: Based = 0,
    reason: Reason = "",
) -> Response:
    """A new version, equal to this one."""
    managed_or_404(console, visitor, gate_id)
    faults = reason_faults(reason)
    if faults:
        return _page(console, visitor, context, gate_id, faults=faults, asked=number, reason=reason)
    try:
        with console.database.transaction() as conn:
            try:
                made = restore_version(conn, gate_id, number, edit_of(console, visitor, reason, based_on))
            except ChangedMeanwhileError as exc:
                conflict = conflict_of(conn, exc, based_on)
                return _page(console, visitor, context, gate_id, conflict=conflict, asked=number, reason=reason)
    except OfOthersError as exc:
        refused = FieldFault(key="gates.edit_of_others", values={"name": exc.name})
        return _page(console, visitor, context, gate_id, refused=refused, asked=number, reason=reason)
    except NoVersionError:
        refused = FieldFault(key="gates.no_version", values={"version": number})
        return _page(console, visitor, context, gate_id, refused=refused, asked=number, reason=reason)
    except InputError as exc:
        refused = refused_by(exc)
        return _page(console, visitor, context, gate_id, refused=refused, asked=number, reason=reason)
    saved = f"?saved={made.version}" if made else "?saved=0"
    return RedirectResponse(f"/gates/{gate_id}{saved}", status_code=303)


def _page(  # noqa: PLR0913  the page and what was sent to it
    console: Console,
    visitor: Visitor,
    context: PageContext,
    gate_id: str,
    *,
    upto: int = _NEWEST,
    faults: dict[str, FieldFault] | None = None,
    conflict: Conflict | None = None,
    refused: FieldFault | None = None,
    asked: int | None = None,
    reason: str = "",
) -> Response:
    managed = managed_or_404(console, visitor, gate_id)
    with console.database.transaction() as conn:
        versions = gate_history(conn, gate_id, _EACH + 1, upto)
    befores = [*versions[1:], None]
    rows = [
        HistoryRow(version=version, changes=version.differences_from(before))
        for version, before in zip(versions[:_EACH], befores, strict=False)
    ]
    return console.templates.response(
        "gates/versions.html",
        context,
        status=409 if conflict else 400 if faults or refused else 200,
        gate_id=gate_id,
        managed=managed,
        rows=rows,
        older=versions[_EACH].version if len(versions) > _EACH else None,
        faults=faults or {},
        conflict=conflict,
        refused=refused,
        asked=asked,
        reason=reason,
    )
