# SPDX-License-Identifier: AGPL-3.0-or-later
"""Facts that a visitor's documents tell: of their own organisation; for the manager's people of all, or of one."""

from starlette.exceptions import HTTPException

from anpr.console.access import Visitor
from anpr.console.state import Console
from anpr.documents.collect import collect_ends, collect_for
from anpr.documents.facts import EndFacts, SiteFacts
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.store.organisations.registry import organisation_names


def choices(console: Console) -> dict[str, str]:
    """The organisations that the visitor may choose from, by id; empty where there is no choice."""
    if console.scope.organisation_id != MANAGER:
        return {}
    with console.database.transaction() as conn:
        names = organisation_names(conn)
    return names if len(names) > 1 else {}


def told_of(console: Console, organisation: str) -> str | None:
    """The organisation that is asked for and may be; None: all. Raises HTTPException (404) for another's."""
    own = console.scope.organisation_id
    if own == MANAGER:
        return organisation or None
    if organisation not in {"", own}:
        raise HTTPException(404)
    return own


def site_facts(console: Console, visitor: Visitor, organisation: str) -> SiteFacts:
    """For a document. Raises HTTPException (404) when there is no such organisation, SettingsError, StoreError."""
    asked = told_of(console, organisation)
    try:
        with console.search_database.transaction() as conn:
            return collect_for(
                conn,
                console.settings,
                console.clock.now(),
                acting_id=console.scope.organisation_id,
                organisation_id=asked,
                holds=visitor.may(Permission.VIEW_HOLDS),
            )
    except InputError as exc:
        raise HTTPException(404) from exc


def end_facts(console: Console, visitor: Visitor, organisation: str) -> EndFacts:
    """For what is about to end. Raises as above."""
    asked = told_of(console, organisation)
    try:
        with console.database.transaction() as conn:
            holds = visitor.may(Permission.VIEW_HOLDS)
            return collect_ends(conn, console.settings, console.clock.now(), asked, holds=holds)
    except InputError as exc:
        raise HTTPException(404) from exc
