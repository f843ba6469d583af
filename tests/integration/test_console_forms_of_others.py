# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every form of the console, sent by each role of another organisation with our ids: nothing of ours changes."""

from collections.abc import Collection, Iterator

import httpx
import pytest

from anpr.console.app import PAGES
from anpr.domain.access import Role
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import one_row
from anpr.store.watchlists.received import stop_receiving
from tests.integration.old_schemas import fill
from tests.integration.test_console_access import IDS, addresses
from tests.support.fixtures_console import Site, token_in
from tests.support.fixtures_organisations import guest
from tests.support.organisations import share

OWN = {"account", "login", "patrol"}
"""Pages whose forms are about who sends them."""
KEPT_BY_USE = {"audit", "sessions", "login_failures", "login_places", "used_logins", "plates"}
"""Tables that change when anybody does anything."""
FIELDS = {
    "reason": "motivo di prova", "note": "nota", "text": "nota", "outcome": "other", "case_reference": "1/2026",
    "ends_on": "2099-12-31", "hours": "4", "to": "operator@empoli", "user": "operator@empoli", "role": "operator",
    "organisation": "empoli", "grantee": "empoli", "kind": "access", "plate": "AB123CD", "name": "Nome nuovo",
    "version": "1", "confirm": "1", "purpose": "p", "legal_basis": "l", "gates": "gate-1", "gate_id": "gate-1",
    "channel": "email", "address": "x@example.org", "priority": "high", "numbers": "1", "action": "remove",
    "answer": "risposta", "grounds": "art. 14", "words": "parole", "since": "2026-11-20", "until": "2026-11-23",
}  # fmt: skip


@pytest.fixture
def filled(site: Site, password_hash: str) -> Site:
    """Something of the manager's in every table, and Empoli beside it with nothing but people."""
    with site.database.transaction() as conn:
        fill(conn)
        conn.execute("DELETE FROM agreements")
        conn.execute("DELETE FROM organisations WHERE id = 'empoli'")
    share(site.database, password_hash)
    return site


def rows(conn: Connection) -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    tables = conn.execute(
        "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = current_schema()::regnamespace ORDER BY 1"
    ).fetchall()
    for table in tables:
        if table["name"] not in KEPT_BY_USE:
            found = conn.execute(f'SELECT t::text AS row FROM "{table["name"]}" t'.encode()).fetchall()
            yield from ((table["name"], each["row"]) for each in found)


def all_rows(database: Database) -> set[tuple[str, str]]:
    with database.transaction() as conn:
        return set(rows(conn))


def our_ids(database: Database) -> dict[str, str]:
    """What stands in an address of ours in place of an id."""
    with database.transaction() as conn:
        transit = one_row(conn, b"SELECT transit_id AS id FROM sightings WHERE alarm_id = 1 LIMIT 1", {})["id"]
    ours = {
        "transit_id": str(transit),
        "name": "anna",
        "gate_id": "gate-1",
        "camera_id": "cam-1",
        "watchlist_id": "stolen",
    }
    return {IDS[name]: ours[name] for name in ours}


def send_all_forms(client: httpx.Client, ids: dict[str, str], without: Collection[str] = OWN) -> Iterator[str]:
    """Page after page: each form of it, with ids of ours; gives the page's name after its last one."""
    token = token_in(client.get("/account").text)
    for page in PAGES:
        if page.name in without:
            continue
        for path in addresses(page.router.routes, "POST"):
            address = "/".join(ids.get(part, part) for part in path.split("/"))
            client.post(address, data={"form_token": token, **FIELDS})
        yield page.name


@pytest.mark.parametrize("role", list(Role))
def test_no_form_changes_anything_of_another_organisation(filled: Site, role: Role) -> None:
    before = all_rows(filled.database)
    for page in send_all_forms(guest(filled, role), our_ids(filled.database)):
        assert before <= all_rows(filled.database), page


def test_the_same_forms_do_change_things_of_ones_own(filled: Site) -> None:
    with filled.database.transaction() as conn:
        stop_receiving(conn, "stolen")  # no form edits a list that a centre hands out
    before = all_rows(filled.database)
    for role in (Role.OPERATOR, Role.ADMINISTRATOR, Role.LIST_MANAGER):
        without = {*OWN, "handover"}  # what `fill` has signed cannot be shown
        assert list(send_all_forms(filled.client(role), our_ids(filled.database), without))
    changed = {table for table, _ in before - all_rows(filled.database)}
    assert changed >= {"users", "watchlists", "list_uploads"}
