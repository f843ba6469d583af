# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page: one section of the console, described once for its routes, its place in the menu and who may open it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from fastapi import APIRouter

from anpr.domain.access import Permission, Role, may


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What a page's module exports as PAGE, and the application lists in PAGES."""

    name: str
    """Its folder under pages/ and the section of its messages, of which `menu` is the text of its menu entry."""

    router: APIRouter
    """Its addresses. They begin with the router's prefix, which is also where the menu leads."""

    permissions: tuple[Permission, ...]
    """A role with any of these may open all of its addresses; single ones may ask for more (`access.allowed`).

    Empty: it is open to everybody, logged in or not, and has no menu entry.
    """

    is_in_menu: bool = True
    """Whether the menu leads to it; one's own account is behind one's name instead."""

    not_in_menu_of: Set[Role] = frozenset()
    """Roles whose menu does not lead to it, because another page of theirs does."""

    @property
    def path(self) -> str:
        """The address of its menu entry."""
        return self.router.prefix

    def is_listed_for(self, role: Role) -> bool:
        """Whether this role's menu leads to it."""
        return self.is_in_menu and role not in self.not_in_menu_of and self.is_for(role)

    def is_for(self, role: Role) -> bool:
        """Whether this role may open it."""
        return any(may(role, permission) for permission in self.permissions)


def menu_of(pages: Sequence[Page], role: Role) -> tuple[Page, ...]:
    """The pages in the menu of this role, in their order; a login leads to the first one."""
    return tuple(page for page in pages if page.is_listed_for(role))
