# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of lists that a centre hands out: what is held, how old, what came and what waits; who may fetch and decide."""

from datetime import timedelta

import pytest

from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.received import find_received
from tests.support.fixtures_console import Site
from tests.support.received_site import CENTRE_LIST, receive_list

PAGE = f"/received-lists/{CENTRE_LIST}"


def test_without_one_the_page_says_how_they_are_declared(site: Site) -> None:
    assert "watchlists.pickup" in site.client(Role.LIST_MANAGER).get("/received-lists").text


def test_version_age_tries_and_deliveries_are_shown_without_plates(site: Site) -> None:
    proposal = receive_list(site)
    for role in (Role.LIST_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.OPERATOR):
        client = site.client(role)
        for page in ("/received-lists", PAGE):
            text = client.get(page).text
            assert "Centro nazionale" in text
            assert "20261103" in text, "the version that is held"
            assert "è vecchia di oltre 24 ore" in text
            assert "trattenuta" in text
            assert "non seguono la versione in uso" in text
            assert "CC001CC" not in text
            is_manager = role is Role.LIST_MANAGER
            assert (f"/watchlists/{CENTRE_LIST}/proposals/{proposal}" in text) is is_manager
            assert (f"/watchlists/{CENTRE_LIST}/imports/" in text) is is_manager


def test_it_is_wanted_now_by_who_edits_lists_alone(site: Site) -> None:
    receive_list(site)
    assert site.post(site.client(Role.AUDITOR), f"{PAGE}/fetch", "/received-lists").status_code == 403
    client = site.client(Role.LIST_MANAGER)
    site.clock.ahead += timedelta(seconds=5)
    answer = site.post(client, f"{PAGE}/fetch", "/received-lists")
    assert answer.headers["location"] == "/received-lists?done=asked"
    assert "richiesto subito da list-manager" in client.get("/received-lists?done=asked").text
    with site.database.transaction() as conn:
        received = find_received(conn, CENTRE_LIST)
    assert received is not None
    assert received.asked_by == "list-manager"
    assert site.audit()[0].event.action is AuditAction.WATCHLIST_FETCH_ASKED
    assert site.post(client, "/received-lists/a1/fetch", "/received-lists").status_code == 404


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        pytest.param("add", {"plate": "ZZ999ZZ", "text": "furto", "reason": "furto"}, 409, id="add"),
        pytest.param("entries/{entry}/off", {"what": "remove", "why": "un motivo serio"}, 409, id="remove"),
        pytest.param("import", {"mode": "add"}, 303, id="import"),
    ],
)
def test_no_form_of_the_console_edits_it(site: Site, path: str, fields: dict[str, str], status: int) -> None:
    receive_list(site)
    client = site.client(Role.LIST_MANAGER)
    with site.database.transaction() as conn:
        before = list_entries(conn, CENTRE_LIST)
    where = path.format(entry=before[0].id)
    answer = site.post(client, f"/watchlists/{CENTRE_LIST}/{where}", "/watchlists", **fields)
    assert answer.status_code == status
    if status == 409:
        assert "cambia solo con le sue consegne" in answer.text
    with site.database.transaction() as conn:
        assert list_entries(conn, CENTRE_LIST) == before
    text = client.get(f"/watchlists/{CENTRE_LIST}").text
    assert "non si modifica a mano" in text
    assert f"/watchlists/{CENTRE_LIST}/add" not in text


def test_a_version_is_undone_in_the_console(site: Site) -> None:
    receive_list(site)
    client = site.client(Role.LIST_MANAGER)
    text = client.get(f"/watchlists/{CENTRE_LIST}/import").text
    number = text.partition(f"/watchlists/{CENTRE_LIST}/imports/")[2].partition('"')[0].partition("/")[0]
    answer = site.post(client, f"/watchlists/{CENTRE_LIST}/imports/{number}/undo", "/watchlists")
    assert f"undone&number={number}" in answer.headers["location"]
    with site.database.transaction() as conn:
        received = find_received(conn, CENTRE_LIST)
    assert received is not None
    assert received.held.version is not None
    assert received.held.version.text == "20261102"
    assert "annullata" in client.get(PAGE).text


def test_what_waits_is_on_the_status_page(site: Site) -> None:
    receive_list(site)
    text = site.client(Role.ADMINISTRATOR).get("/status").text
    assert "Liste ricevute che aspettano una decisione" in text
    assert "la versione 20261106 è trattenuta" in text
