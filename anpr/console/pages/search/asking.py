# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the site and its investigations say of a search before it is made, and the record of one that is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime

from anpr.console.access import Visitor
from anpr.console.coverage import oldest_kept
from anpr.console.field_faults import FieldFault
from anpr.console.fields import without_controls
from anpr.console.pages.search.form import CheckedFields, SearchFields, SearchRules, check_fields
from anpr.console.state import Console
from anpr.domain.organisation import Action
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.investigations.life import InvestigationEndedError, refuse_ended
from anpr.store.organisations.rights import may_at_gate
from anpr.store.transits.recorded_search import last_search


def check_search(console: Console, fields: SearchFields) -> CheckedFields:
    """What the form means, and all that is wrong with it: a gate that is not open, a case that has ended."""
    checked = check_fields(fields, _rules(console))
    if checked.faults:
        return checked
    onward = checked.conditions.onward
    wanted = [*fields.gates, *([onward.gate_id] if onward else [])]
    if closed := _not_open(console, wanted):
        checked.faults["gates"] = FieldFault(key="search.gate_not_open", values={"gate": closed})
    try:
        with console.database.transaction() as conn:
            refuse_ended(conn, fields.case)
    except InvestigationEndedError:
        checked.faults["case"] = FieldFault(key="search.case_ended")
    return checked


def carried(console: Console, visitor: Visitor, fields: SearchFields) -> SearchFields:
    """The form with kind of reason, text and case of the last search of this session: chosen once, until changed."""
    started = datetime.fromtimestamp(visitor.session.started_at, UTC)
    with console.database.transaction() as conn:
        last = last_search(conn, visitor.user.name, started)
    if last is None:
        return fields
    return fields.model_copy(
        update={"kind": last.reason_kind, "reason": last.reason[:200], "case": last.case_reference[:200]}
    )


def record_refused(console: Console, visitor: Visitor, fields: SearchFields, faults: list[str]) -> None:
    """What could not be searched is written down too, as far as it can be."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.SEARCH_REFUSED,
        at=console.clock.now(),
        reason=without_controls(plain_reason(fields.reason))[:MAX_REASON] or None,
        case_reference=without_controls(fields.case.strip())[:100] or None,
        detail={"pattern": without_controls(fields.plate)[:64], "refused": faults},
    )
    with console.database.transaction() as conn:
        append(conn, event)


def _rules(console: Console) -> SearchRules:
    settings = console.settings
    return SearchRules(
        zone=settings.zone,
        now=console.clock.now(),
        oldest=oldest_kept(console),
        kinds=settings.console.search_reasons,
        most_hours=settings.console.search_hours,
    )


def _not_open(console: Console, gate_ids: Sequence[str]) -> str | None:
    """The first of these gates whose transits are not open to the visitor: a search there would find nothing."""
    with console.database.transaction() as conn:
        return next((each for each in gate_ids if not may_at_gate(conn, Action.SEARCH, each)), None)
