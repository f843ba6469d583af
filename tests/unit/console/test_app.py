# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of pages: each is whole, and each role has the ones that its work needs."""

from pathlib import Path

from anpr.console import pages
from anpr.console.app import PAGES
from anpr.console.page import menu_of
from anpr.console.rendering.templates import FOLDERS
from anpr.domain.access import Permission, Role


def test_every_folder_of_a_page_is_listed() -> None:
    folders = {path.name for path in Path(pages.__path__[0]).iterdir() if (path / "page.py").exists()}
    assert {page.name for page in PAGES} == folders
    assert len(PAGES) == len(folders)


def test_only_the_login_and_the_link_to_evidence_are_open_to_everybody() -> None:
    assert [page.name for page in PAGES if not page.permissions] == ["login", "evidence_link"]


def test_every_role_keeps_its_own_account_which_is_behind_the_name_and_not_in_the_menu() -> None:
    (account,) = [page for page in PAGES if page.name == "account"]
    assert all(account.is_for(role) and account not in menu_of(PAGES, role) for role in Role)


def test_no_page_has_the_addresses_of_another() -> None:
    paths = [page.path for page in PAGES]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith("/") and path.count("/") == 1 for path in paths if path)


def test_a_template_has_one_name() -> None:
    shared, own = FOLDERS
    assert {path.name for path in shared.iterdir()}.isdisjoint(path.name for path in own.iterdir())


def test_every_role_has_a_first_page() -> None:
    first = {role: menu_of(PAGES, role)[0].name for role in Role}
    assert first == {
        Role.OPERATOR: "alarms",
        Role.INVESTIGATOR: "alarms",
        Role.LIST_MANAGER: "watchlists",
        Role.AUDITOR: "audit",
        Role.ADMINISTRATOR: "status",
        Role.DPO: "audit",
        Role.PATROL: "patrol",
    }


def test_an_administrator_sees_no_data() -> None:
    """The roles are kept apart by law and custom (docs/domain.md)."""
    data = {Permission.VIEW_ALARMS, Permission.VIEW_TRANSITS, Permission.SEARCH_TRANSITS, Permission.VIEW_AUDIT}
    assert [page.name for page in menu_of(PAGES, Role.ADMINISTRATOR) if data & set(page.permissions)] == []
