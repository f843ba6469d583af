# SPDX-License-Identifier: AGPL-3.0-or-later
"""Error pages: who is signed in keeps the menu, whatever failed and however early."""

import httpx
import pytest

from anpr.console import error_pages
from anpr.console.state import Console
from anpr.domain.access import Role
from anpr.domain.errors import StoreError
from tests.support.fixtures_console import Site
from tests.support.fixtures_organisations import guest
from tests.support.organisations import EMPOLI

MENU = '<nav class="menu"'


def has_menu(answer: httpx.Response) -> bool:
    return MENU in answer.text and '<a href="/alarms"' in answer.text and "<strong>operator</strong>" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/transits/not-an-id", 404),
        ("GET", "/transits/01a20618-729e-7790-84c3-387f00c813b0", 404),
        ("GET", "/audit", 403),
        ("POST", "/alarms/1/acknowledge", 403),  # a stale form
        ("GET", "/logout", 405),
    ],
)
def test_every_error_page_keeps_the_menu_of_who_is_signed_in(site: Site, method: str, path: str, status: int) -> None:
    answer = site.client(Role.OPERATOR).request(method, path)
    assert answer.status_code == status
    assert has_menu(answer)
    assert "Torna alla pagina iniziale" in answer.text


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/logout", 405)])
def test_an_early_error_is_a_page_for_every_role_of_every_organisation(shared: Site, path: str, status: int) -> None:
    for role in Role:
        for client, is_of_empoli in ((shared.client(role), False), (guest(shared, role), True)):
            answer = client.get(path)
            assert (role, answer.status_code) == (role, status)
            assert (EMPOLI.name in answer.text) is is_of_empoli


def test_an_unforeseen_failure_keeps_the_menu_too(site: Site) -> None:
    @site.app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("on purpose")

    answer = site.client(Role.OPERATOR).get("/breaks")
    assert answer.status_code == 500
    assert has_menu(answer)


def test_who_is_not_signed_in_is_shown_no_menu(site: Site) -> None:
    answer = site.stranger().get("/nothing")
    assert answer.status_code == 404
    assert MENU not in answer.text


def test_without_the_database_the_page_comes_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = site.client(Role.OPERATOR)

    def fail(_console: Console, _cookie: str | None) -> None:
        raise StoreError("database: gone")

    monkeypatch.setattr(error_pages, "visitor_of", fail)
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert "Pagina non trovata" in answer.text
    assert MENU not in answer.text
    assert "the menu is left out: database: gone" in caplog.text
