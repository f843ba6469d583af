# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what."""

import pytest

from anpr.domain.access import Permission, Role, demand, may
from anpr.domain.errors import AccessError

DATA = {
    Permission.VIEW_ALARMS,
    Permission.HANDLE_ALARMS,
    Permission.VIEW_TRANSITS,
    Permission.SEARCH_TRANSITS,
    Permission.VIEW_WATCHLISTS,
    Permission.EDIT_WATCHLISTS,
}


@pytest.mark.parametrize("permission", sorted(DATA))
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.DPO])
def test_who_runs_or_watches_the_system_sees_no_plates(role: Role, permission: Permission) -> None:
    assert not may(role, permission)


def test_who_keeps_lists_cannot_look_where_vehicles_passed() -> None:
    assert may(Role.LIST_MANAGER, Permission.EDIT_WATCHLISTS)
    assert not may(Role.LIST_MANAGER, Permission.SEARCH_TRANSITS)
    assert not may(Role.LIST_MANAGER, Permission.VIEW_TRANSITS)


def test_who_searches_sees_whether_anything_was_looking() -> None:
    for role in Role:
        if may(role, Permission.SEARCH_TRANSITS):
            assert may(role, Permission.VIEW_HEALTH), role


def test_nobody_whose_searches_are_recorded_reads_or_changes_who_may_search() -> None:
    for role in Role:
        if may(role, Permission.SEARCH_TRANSITS):
            assert not may(role, Permission.VIEW_AUDIT)
            assert not may(role, Permission.MANAGE_USERS)


@pytest.mark.parametrize("permission", Permission)
def test_everything_is_allowed_to_somebody(permission: Permission) -> None:
    assert any(may(role, permission) for role in Role)


def test_a_demand_names_the_role_and_what_it_may_not() -> None:
    demand(Role.OPERATOR, Permission.HANDLE_ALARMS)
    with pytest.raises(AccessError, match="list-manager may not search transits"):
        demand(Role.LIST_MANAGER, Permission.SEARCH_TRANSITS)
