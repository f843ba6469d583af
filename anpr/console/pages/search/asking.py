# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the site and its investigations say of a search before it is made."""

from collections.abc import Sequence

from anpr.console.coverage import oldest_kept
from anpr.console.field_faults import FieldFault
from anpr.console.pages.search.area_gates import choose_gates
from anpr.console.pages.search.form import CheckedFields, SearchFields, SearchRules, check_fields
from anpr.console.search_reason import check_case
from anpr.console.state import Console
from anpr.domain.organisation import Action
from anpr.store.organisations.rights import may_at_gate


def check_search(console: Console, fields: SearchFields) -> CheckedFields:
    """What the form means, and all that is wrong with it: a gate that is not open, a case that has ended."""
    choice = choose_gates(console, fields)
    if choice is not None:
        fields = fields.model_copy(update={"gates": list(choice.gates)})
    checked = check_fields(fields, _rules(console))
    if choice is not None and choice.fault is not None:
        checked.faults = {name: fault for name, fault in checked.faults.items() if name != "plate" or fields.plate}
        checked.faults["area"] = choice.fault
    if checked.faults:
        return checked
    checked.area = choice.area if choice else None
    onward = checked.conditions.onward
    wanted = [*checked.gates, *([onward.gate_id] if onward else [])]
    if closed := _not_open(console, wanted):
        checked.faults["gates"] = FieldFault(key="search.gate_not_open", values={"gate": closed})
    check_case(console, checked.faults, fields.case)
    return checked


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
