# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two organisations on one site: what each owns, and everything that its rows can be told by."""

from datetime import date, datetime, timedelta
from typing import Any

from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.domain.organisation import MANAGER, Action, Agreement, Organisation, OrganisationKind
from anpr.domain.watchlist import Priority, Watchlist
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import one_row
from anpr.store.gates import save_gates
from anpr.store.organisations.agreements import make_agreement
from anpr.store.organisations.registry import add_organisation, own
from anpr.store.users.accounts import User, create_user
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist

EMPOLI = Organisation(id="empoli", name="Comune di Empoli", kind=OrganisationKind.MUNICIPALITY)
GATE = Gate(id="tosco", name="Via Tosco Romagnola", purpose="p", legal_basis="l", organisation="empoli")
LIST = Watchlist(id="empoli-lista", name="Lista di Empoli", priority=Priority.HIGH, purpose="p", legal_basis="l")
THEIR_PLATE = "EM456PL"
"""On the list of Empoli."""


def share(database: Database, password_hash: str) -> None:
    """Empoli comes to the site, with a gate, a list, and a user of each role, named ROLE@empoli."""
    with database.transaction() as conn:
        add_organisation(conn, EMPOLI)
        save_gates(conn, [GATE])
        save_watchlist(conn, LIST)
        own(conn, EMPOLI.id, [], [LIST.id])
        import_entries(conn, LIST.id, [NewEntry(plate=THEIR_PLATE, reason="Cercata a Empoli")])
        for role in Role:
            name = f"{role.value}@empoli"
            create_user(conn, User(name=name, role=role, password_hash=password_hash, organisation_id=EMPOLI.id))


def agree(
    conn: Connection,
    today: date,
    *actions: Action,
    gates: set[str] = frozenset(),  # type: ignore[assignment]  # read only
    watchlists: set[str] = frozenset(),  # type: ignore[assignment]
    grantor: str = MANAGER,
    grantee: str = "empoli",
    days: int = 100,
) -> Agreement:
    """An agreement from today on for so many days more."""
    wanted = Agreement(
        grantor_id=grantor,
        grantee_id=grantee,
        gate_ids=frozenset(gates),
        watchlist_ids=frozenset(watchlists),
        actions=frozenset(actions),
        purpose="sicurezza urbana",
        document="Protocollo 12/2026",
        starts_on=today,
        ends_on=today + timedelta(days=days),
    )
    at = datetime.combine(today, datetime.min.time()).astimezone()
    return make_agreement(conn, wanted, "carla", at, today)


def rows_of(conn: Connection, table: str) -> list[dict[str, Any]]:
    """All rows of a table that this role sees; none where it may not look at all."""
    if not one_row(conn, b"SELECT has_any_column_privilege(%(table)s, 'SELECT') AS may", {"table": table})["may"]:
        return []
    return conn.execute(f"SELECT * FROM {table}".encode()).fetchall()
