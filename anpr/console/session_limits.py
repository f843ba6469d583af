# SPDX-License-Identifier: AGPL-3.0-or-later
"""Limits of sessions by role: a desk's session slides with its use, a patrol's lasts a shift and is never extended."""

from datetime import timedelta

from anpr.domain.access import Role
from anpr.settings import Settings


def fixed_lifetime(settings: Settings, role: Role) -> timedelta | None:
    """How long a session of this role lasts, whatever is done in it; None: as long as it is used, within limits."""
    return timedelta(hours=settings.patrol.session_hours) if role is Role.PATROL else None


def idle_limit(settings: Settings, role: Role | None = None) -> timedelta:
    """So long a session of this role lasts that nobody uses."""
    fixed = fixed_lifetime(settings, role) if role is not None else None
    return fixed or timedelta(minutes=settings.console.idle_minutes)
