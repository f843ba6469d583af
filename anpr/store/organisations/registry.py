# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registry of organisations and of what each owns."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("organisations")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """The ids of an organisation's gates and lists; of a list that is no more, too."""

    gate_ids: tuple[str, ...] = ()
    watchlist_ids: tuple[str, ...] = ()


def list_organisations(conn: Connection) -> list[Organisation]:
    """All, by id."""
    return [Organisation(**{**row, "kind": OrganisationKind(row["kind"])}) for row in conn.execute(_SQL["list"])]


def organisation_names(conn: Connection) -> dict[str, str]:
    """What people call each, by id."""
    return {each.id: each.name or each.id for each in list_organisations(conn)}


def get_organisation(conn: Connection, organisation_id: str) -> Organisation:
    """Raises InputError when there is none."""
    known = {each.id: each for each in list_organisations(conn)}
    if organisation_id not in known:
        raise InputError(f"no organisation has the id {organisation_id!r}{suggestion(organisation_id, known)}")
    return known[organisation_id]


def add_organisation(conn: Connection, organisation: Organisation) -> None:
    """Raises InputError when the id is none or taken, or the name is empty."""
    if not _ID.fullmatch(organisation.id):
        raise InputError(f"organisation {organisation.id!r}: lower-case letters, digits, dash; at most 63")
    _demand_name(organisation)
    if conn.execute(_SQL["add"], _values(organisation)).rowcount == 0:
        raise InputError(f"organisation {organisation.id}: exists already")


def change_organisation(conn: Connection, organisation: Organisation) -> None:
    """Its name, kind, contact and controller. Raises InputError when there is none, or the name is empty."""
    _demand_name(organisation)
    get_organisation(conn, organisation.id)
    conn.execute(_SQL["change"], _values(organisation))


def name_manager(conn: Connection, name: str) -> None:
    """The name of who runs the system, unless it has one."""
    conn.execute(_SQL["name_manager"], {"name": name})


def own(conn: Connection, organisation_id: str, gate_ids: Iterable[str], watchlist_ids: Iterable[str]) -> None:
    """These gates and lists are the organisation's from now on. Raises InputError for one that is not there."""
    get_organisation(conn, organisation_id)
    for kind, query, ids in (("gate", "own_gate", gate_ids), ("watchlist", "own_watchlist", watchlist_ids)):
        for each in ids:
            if not conn.execute(_SQL[query], {"organisation": organisation_id, "id": each}).fetchall():
                raise InputError(f"no {kind} has the id {each!r}")


def owned_by(conn: Connection) -> dict[str, Owned]:
    """What each organisation owns, by its id; of the console's role, as far as it may see that."""
    gates = _by_owner(conn, "gates")
    watchlists = _by_owner(conn, "watchlists")
    return {
        owner: Owned(gate_ids=tuple(gates.get(owner, ())), watchlist_ids=tuple(watchlists.get(owner, ())))
        for owner in {*gates, *watchlists}
    }


def _by_owner(conn: Connection, query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in conn.execute(_SQL[query]):
        found.setdefault(row["organisation_id"], []).append(row["id"])
    return found


def _demand_name(organisation: Organisation) -> None:
    if not organisation.name.strip():
        raise InputError(f"organisation {organisation.id}: name must not be empty")


def _values(organisation: Organisation) -> dict[str, str]:
    return {**asdict(organisation), "kind": str(organisation.kind)}
