# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of notifications: a new one, its change, switched on and off, deleted after a question."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.pages.notifications.rule_form import RuleFields, check_rule, fields_of, gone_limits, new_fields
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.notification import ALARM_KINDS, Rule, Sound
from anpr.domain.watchlist import Priority
from anpr.store.gate_areas import list_areas
from anpr.store.gates import gate_names
from anpr.store.notifications.recipients import list_recipients
from anpr.store.notifications.rules import (
    RuleChangedError,
    StoredRule,
    add_rule,
    change_rule,
    delete_rule,
    get_rule,
)
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/rules")
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/new")
def ask_new(console: ConsoleDep, context: ContextDep) -> Response:
    """The form of a new rule."""
    return _page(console, context, None, new_fields())


@router.post("/new")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[RuleFields, Form()]
) -> Response:
    """It holds from now on."""
    return _save(console, visitor, context, None, fields)


@router.get("/{number}")
def ask_change(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """The form with what is stored."""
    stored = _one(console, number)
    return _page(console, context, number, fields_of(stored.rule, stored.version), before=stored.rule)


@router.post("/{number}")
def change(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number, fields: Annotated[RuleFields, Form()]
) -> Response:
    """All of it, unless somebody else changed it meanwhile."""
    return _save(console, visitor, context, number, fields, _one(console, number).rule)


@router.get("/{number}/delete")
def ask_delete(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """Asks before it is deleted."""
    rule = _one(console, number).rule
    return console.templates.response(
        "notifications/delete.html", context, kind="rule", number=number, name=rule.name, used_by=(), is_kept=False
    )


@router.post("/{number}/delete")
def delete(console: ConsoleDep, visitor: VisitorDep, number: Number) -> Response:
    """What it has planned is still sent."""
    _one(console, number)
    with console.database.transaction() as conn:
        delete_rule(conn, number, author_of(console, visitor))
    return RedirectResponse("/notifications?done=rule-deleted", status_code=303)


def _save(
    console: Console,
    visitor: Visitor,
    context: PageContext,
    number: int | None,
    fields: RuleFields,
    before: Rule | None = None,
) -> Response:
    with console.database.transaction() as conn:
        people, gates, watchlists = list_recipients(conn), gate_names(conn), watchlist_names(conn)
        areas = list_areas(conn)
    gone = gone_limits(before, gates, watchlists, areas)
    rule, faults = check_rule(
        fields,
        number or 0,
        recipients=people,
        gates={*gates, *gone.gates},
        areas={*areas, *gone.areas},
        watchlists={*watchlists, *gone.watchlists},
    )
    if rule is None:
        return _page(console, context, number, fields, faults, before=before)
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            if number is None:
                add_rule(conn, rule, by)
            else:
                version = int(fields.version) if fields.version.isascii() and fields.version.isdigit() else 0
                change_rule(conn, rule, version, by)
    except RuleChangedError:
        changed = {"version": FieldFault(key="notifications.changed_meanwhile")}
        return _page(console, context, number, fields, changed, before=before)
    except InputError:
        too_many = {"name": FieldFault(key="notifications.too_many_rules")}
        return _page(console, context, number, fields, too_many, before=before)
    return RedirectResponse("/notifications?done=rule-saved", status_code=303)


def _page(
    console: Console,
    context: PageContext,
    number: int | None,
    fields: RuleFields,
    faults: dict[str, FieldFault] | None = None,
    *,
    before: Rule | None = None,
) -> Response:
    with console.database.transaction() as conn:
        recipients, gates, watchlists = list_recipients(conn), gate_names(conn), watchlist_names(conn)
        areas = list_areas(conn)
    return console.templates.response(
        "notifications/rule.html",
        context,
        status=400 if faults else 200,
        number=number,
        fields=fields,
        faults=faults or {},
        recipients=recipients,
        gates=gates,
        areas=areas,
        watchlists=watchlists,
        gone=gone_limits(before, gates, watchlists, areas),
        kinds=ALARM_KINDS,
        priorities=list(Priority),
        sounds=list(Sound),
    )


def _one(console: Console, number: int) -> StoredRule:
    try:
        with console.database.transaction() as conn:
            return get_rule(conn, number)
    except InputError as exc:
        raise HTTPException(404) from exc
