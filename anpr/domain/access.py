# SPDX-License-Identifier: AGPL-3.0-or-later
"""Role-based access control. Law and custom keep the roles apart (docs/domain.md): an administrator sees no data."""

from enum import StrEnum
from types import MappingProxyType

from anpr.domain.errors import AccessError


class Role(StrEnum):
    """The role of a user; each user has one."""

    OPERATOR = "operator"
    INVESTIGATOR = "investigator"
    LIST_MANAGER = "list-manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    DPO = "dpo"
    PATROL = "patrol"


class Permission(StrEnum):
    """An action that a role may be allowed."""

    VIEW_ALARMS = "view-alarms"
    HANDLE_ALARMS = "handle-alarms"
    VIEW_TRANSITS = "view-transits"
    SEARCH_TRANSITS = "search-transits"
    VIEW_WATCHLISTS = "view-watchlists"
    EDIT_WATCHLISTS = "edit-watchlists"
    VIEW_AUDIT = "view-audit"
    VIEW_HEALTH = "view-health"
    VIEW_FORWARDING = "view-forwarding"
    RESEND_DELIVERIES = "resend-deliveries"
    MANAGE_USERS = "manage-users"
    VIEW_HOLDS = "view-holds"
    HOLD_TRANSITS = "hold-transits"
    INVESTIGATE = "investigate"
    HANDLE_REQUESTS = "handle-requests"
    VIEW_AGREEMENTS = "view-agreements"
    MANAGE_AGREEMENTS = "manage-agreements"
    MANAGE_GATES = "manage-gates"
    MANAGE_NOTIFICATIONS = "manage-notifications"
    VIEW_DOCUMENTS = "view-documents"
    PATROL = "patrol"
    VIEW_STATISTICS = "view-statistics"
    KEEP_OWN_ACCOUNT = "keep-own-account"


_ALLOWED = MappingProxyType(
    {
        # Watches the live wall, answers alarms, and looks a plate up while doing so.
        Role.OPERATOR: frozenset(
            {
                Permission.VIEW_ALARMS,
                Permission.HANDLE_ALARMS,
                Permission.VIEW_TRANSITS,
                Permission.SEARCH_TRANSITS,
                Permission.VIEW_WATCHLISTS,
                Permission.VIEW_HEALTH,
            }
        ),
        Role.INVESTIGATOR: frozenset(
            {
                Permission.VIEW_ALARMS,
                Permission.VIEW_TRANSITS,
                Permission.SEARCH_TRANSITS,
                Permission.VIEW_WATCHLISTS,
                Permission.VIEW_HEALTH,  # who finds nothing must see whether anything was looking
                Permission.VIEW_HOLDS,
                Permission.HOLD_TRANSITS,  # a hold belongs to a case, and cases to whoever investigates
                Permission.INVESTIGATE,
            }
        ),
        Role.LIST_MANAGER: frozenset({Permission.VIEW_WATCHLISTS, Permission.EDIT_WATCHLISTS}),
        Role.AUDITOR: frozenset(
            {
                Permission.VIEW_AUDIT,
                Permission.VIEW_FORWARDING,
                Permission.VIEW_AGREEMENTS,
                Permission.VIEW_DOCUMENTS,
                Permission.VIEW_HOLDS,
                Permission.VIEW_STATISTICS,
            }
        ),
        Role.ADMINISTRATOR: frozenset(
            {
                Permission.VIEW_STATISTICS,  # counts of lists and cameras, without plates
                Permission.MANAGE_USERS,
                Permission.VIEW_HEALTH,
                Permission.VIEW_FORWARDING,
                Permission.RESEND_DELIVERIES,  # whoever corrects a profile; no plate is shown for it
                Permission.VIEW_AGREEMENTS,
                Permission.VIEW_DOCUMENTS,
                Permission.MANAGE_AGREEMENTS,
                Permission.MANAGE_GATES,
                Permission.MANAGE_NOTIFICATIONS,
            }
        ),
        # Sees whether what is kept longer has a reason, and data of one plate only under a request that is registered.
        Role.DPO: frozenset(
            {
                Permission.VIEW_AUDIT,
                Permission.VIEW_FORWARDING,
                Permission.VIEW_HEALTH,
                Permission.VIEW_HOLDS,
                Permission.HANDLE_REQUESTS,
                Permission.VIEW_AGREEMENTS,
                Permission.VIEW_DOCUMENTS,
            }
        ),
        # In the street with a phone that may be lost: the live alarms of their area and what they answer, nothing else.
        Role.PATROL: frozenset({Permission.PATROL}),
    }
)


_EVERYBODY = frozenset({Permission.KEEP_OWN_ACCOUNT})


def may(role: Role, permission: Permission) -> bool:
    """Whether `role` has `permission`."""
    return permission in _ALLOWED[role] or permission in _EVERYBODY


def demand(role: Role, permission: Permission) -> None:
    """Raise AccessError unless `role` has `permission`."""
    if not may(role, permission):
        raise AccessError(f"the role {role} may not {permission.value.replace('-', ' ')}")
