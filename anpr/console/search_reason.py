# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why somebody searches: kind of reason, text and case, the same for each page that searches, carried until changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from anpr.console.access import Visitor
from anpr.console.field_faults import Faults, FieldFault
from anpr.console.fields import without_controls
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.domain.access import Permission
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.investigations.life import InvestigationEndedError, list_open, refuse_ended
from anpr.store.transits.recorded_search import last_reason


class ReasonFields(TypedDict):
    """The fields of a form that say why."""

    kind: str
    reason: str
    case: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedSearch:
    """What was asked as far as it can be written down; `faults`: the fields that were wrong."""

    pattern: str
    reason: str
    case: str
    faults: list[str]


def carried_reason(console: Console, visitor: Visitor) -> ReasonFields:
    """The fields kind, reason and case of the last search of this session; empty before there was one."""
    started = datetime.fromtimestamp(visitor.session.started_at, UTC)
    with console.database.transaction() as conn:
        last = last_reason(conn, visitor.user.name, started)
    if last is None:
        return {"kind": "", "reason": "", "case": ""}
    return {"kind": last.kind, "reason": last.text[:200], "case": last.case[:200]}


def reason_choices(console: Console, context: PageContext) -> dict[str, Any]:
    """What a form offers: the site's kinds of reasons, and the visitor's open investigations."""
    with console.database.transaction() as conn:
        investigations = list_open(conn) if Permission.INVESTIGATE in context.may else []
    return {"reason_kinds": console.settings.console.search_reasons, "investigations": investigations}


def check_kind(console: Console, faults: Faults, kind: str) -> None:
    """Where the site has a list, the kind is one of it."""
    kinds = console.settings.console.search_reasons
    if kinds and kind not in kinds:
        faults["kind"] = FieldFault(key="search.wrong_kind")


def known_kind(console: Console, kind: str) -> str:
    """The kind as it is recorded; empty for one that the site does not have."""
    return kind if kind in console.settings.console.search_reasons else ""


def check_case(console: Console, faults: Faults, case: str) -> None:
    """Nothing is searched for an investigation that has ended."""
    try:
        with console.database.transaction() as conn:
            refuse_ended(conn, case)
    except InvestigationEndedError:
        faults["case"] = FieldFault(key="search.case_ended")


def record_refused(console: Console, visitor: Visitor, refused: RefusedSearch) -> None:
    """What could not be searched is written down too, as far as it can be."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.SEARCH_REFUSED,
        at=console.clock.now(),
        reason=without_controls(plain_reason(refused.reason))[:MAX_REASON] or None,
        case_reference=without_controls(refused.case.strip())[:100] or None,
        detail={"pattern": without_controls(refused.pattern)[:64], "refused": refused.faults},
    )
    with console.database.transaction() as conn:
        append(conn, event)
