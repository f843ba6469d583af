# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search page: its form, and below it what was found; what both need."""

from typing import Any

from starlette.responses import Response

from anpr.console.coverage import oldest_kept
from anpr.console.field_faults import FieldFault
from anpr.console.pages.search.area_gates import named_areas
from anpr.console.pages.search.form import SearchFields
from anpr.console.rendering.templates import PageContext
from anpr.console.rendering.translations import Catalogue
from anpr.console.search_reason import reason_choices
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console
from anpr.store.gates import gate_names
from anpr.store.investigations.gathered import list_questions
from anpr.store.organisations.rights import is_shared, searchable_gates

_MOST_INVESTIGATIONS = 50
"""Of which questions are offered beside the form."""


def search_page(
    console: Console, context: PageContext, fields: SearchFields, *, status: int = 200, **values: Any
) -> Response:
    """`found` among the values: the transits found; None, its default, before a search. `gate_names`: where they are
    known already, they are not asked again."""
    choices = reason_choices(console, context)
    investigations = choices["investigations"] if values.get("found") is None else []
    with console.database.transaction() as conn:
        names, open_gates = values.get("gate_names") or gate_names(conn), searchable_gates(conn)
        shared, areas = is_shared(conn), named_areas(conn, open_gates)
        questions = {each.id: list_questions(conn, each.id) for each in investigations[:_MOST_INVESTIGATIONS]}
    shown = {
        "fields": fields,
        "gates": {gate_id: name for gate_id, name in names.items() if gate_id in open_gates},
        "gate_names": names,
        "is_shared": shared,
        "areas": areas,
        **choices,
        "questions": questions,
        "countries": _countries(console.templates.catalogue(context.language)),
        "faults": {},
        "notice": None,
        "found": None,
        "kept_days": console.settings.retention.longest_days,
        "least_days": console.settings.retention.shortest_days,
        "kept_since": oldest_kept(console),
        "zone": console.settings.time_zone,
        "search_hours": f"{console.settings.console.search_hours:g}",
        **values,
    }
    return console.templates.response(
        "search/search.html", context, status=status, via="search", section="search", **shown
    )


def no_answer(console: Console, exc: Exception) -> FieldFault:
    """Why there is none, and what helps."""
    if isinstance(exc, SearchesBusyError):
        return FieldFault(key="search.busy_user" if exc.by_user else "search.busy")
    return FieldFault(key="search.too_slow", values={"count": f"{console.settings.console.search_timeout_s:g}"})


def _countries(t: Catalogue) -> list[tuple[str, str]]:
    """Codes and names, by name."""
    codes = [key.removeprefix("country.") for key in t.messages if key.startswith("country.")]
    return sorted(((code, t(f"country.{code}")) for code in codes if code.isupper()), key=lambda each: each[1])
