# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo of several organisations: a union runs the system for two municipalities, and agreements open some of it."""

from dataclasses import replace
from datetime import timedelta

from anpr.domain.access import Role
from anpr.domain.organisation import MANAGER, Action, Agreement, Organisation, OrganisationKind
from anpr.domain.watchlist import Priority, Watchlist
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.database.connection import Connection
from anpr.store.gates import save_gates
from anpr.store.organisations.agreements import list_agreements, make_agreement
from anpr.store.organisations.registry import (
    add_organisation,
    change_organisation,
    get_organisation,
    name_manager,
    organisation_names,
    own,
)
from anpr.store.watchlists.lists import save_watchlist, watchlist_names
from anpr.up.deployment import FirstUser

_PURPOSE = "DIMOSTRAZIONE: strade, veicoli e targhe sono disegnati; nessun dato personale"
_DOCUMENT = "DIMOSTRAZIONE: per un accordo vero, il protocollo e la sua data"
ORGANISATIONS = (
    Organisation(id="sopra", name="Comune di Sopra (dimostrazione)", kind=OrganisationKind.MUNICIPALITY),
    Organisation(id="sotto", name="Comune di Sotto (dimostrazione)", kind=OrganisationKind.MUNICIPALITY),
)
LOCAL_LIST = Watchlist(
    id="sopra-locale", name="Lista locale di Sopra", priority=Priority.MEDIUM, purpose=_PURPOSE,
    legal_basis="DIMOSTRAZIONE: nessuna; per una lista vera, la norma o il provvedimento che la prevede",
)  # fmt: skip
FIRST_USERS = tuple(
    FirstUser(name=f"{name}@{each.id}", role=role, organisation_id=each.id)
    for each in ORGANISATIONS
    for name, role in (
        ("operatore", Role.OPERATOR),
        ("investigatore", Role.INVESTIGATOR),
        ("amministratore", Role.ADMINISTRATOR),
        ("revisore", Role.AUDITOR),
    )
)


def prepare_province(conn: Connection, settings: Settings, watchlist_id: str, clock: Clock) -> None:
    """The organisations, what each owns, and the agreements; at a later start nothing but what is missing."""
    known = organisation_names(conn)
    if known.keys() == {MANAGER}:
        name_manager(conn, settings.municipality)
        change_organisation(conn, replace(get_organisation(conn, MANAGER), kind=OrganisationKind.UNION))
    for organisation in ORGANISATIONS:
        if organisation.id not in known:
            add_organisation(conn, organisation)
    save_gates(conn, settings.domain_gates())
    if LOCAL_LIST.id not in watchlist_names(conn):
        save_watchlist(conn, LOCAL_LIST)
        own(conn, "sopra", [], [LOCAL_LIST.id])
    if not list_agreements(conn):
        _agree(conn, settings, watchlist_id, clock)


def _agree(conn: Connection, settings: Settings, watchlist_id: str, clock: Clock) -> None:
    """The union's list counts at the gates of both; the union handles alarms at Sopra's gate, and sees none of Sotto's
    transits. Sopra may search Sotto's gate for a week."""
    shared = frozenset({watchlist_id})
    handled = frozenset({Action.ALARMS, Action.HANDLE, Action.PICTURES})
    searched = frozenset({Action.SEARCH})
    for grantor, grantee, gates, lists, actions, days in (
        (MANAGER, "sopra", frozenset(), shared, frozenset({Action.ALARMS}), 365),
        (MANAGER, "sotto", frozenset(), shared, frozenset({Action.ALARMS}), 365),
        ("sopra", MANAGER, frozenset({"gate-2"}), frozenset(), handled, 365),
        ("sotto", "sopra", frozenset({"gate-3"}), frozenset(), searched, 7),
    ):
        now = clock.now()
        today = now.astimezone(settings.zone).date()
        wanted = Agreement(
            grantor_id=grantor, grantee_id=grantee, gate_ids=gates, watchlist_ids=lists, actions=actions,
            purpose=_PURPOSE, document=_DOCUMENT, starts_on=today, ends_on=today + timedelta(days=days),
        )  # fmt: skip
        make_agreement(conn, wanted, "anpr up", now, today)
