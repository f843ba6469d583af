# SPDX-License-Identifier: AGPL-3.0-or-later
"""A new password of one's own: what is wrong with it, and setting it."""

import logging
from dataclasses import replace

from anpr.console.state import Console
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.users.accounts import User, set_password_hash
from anpr.store.users.common_passwords import is_common
from anpr.store.users.first_logins import forget_logins
from anpr.store.users.passwords import MAX_LENGTH, MIN_LENGTH, hash_password

log = logging.getLogger(__name__)


def password_fault(user: str, current: str, wanted: str, again: str) -> str | None:
    """The key of the message that says why this cannot be the new password; None when it can."""
    if not MIN_LENGTH <= len(wanted) <= MAX_LENGTH:
        return "account.wrong_length"
    if wanted != again:
        return "account.not_the_same"
    if wanted == current:
        return "account.same_as_before"
    if is_common(wanted, user):
        return "account.common"
    return None


def change_password(console: Console, user: User, wanted: str) -> User:
    """Set it, end all sessions of the user, and record that; the user as they are now. Raises StoreError."""
    password_hash = hash_password(wanted)
    event = AuditEvent(
        actor=user.name,
        action=AuditAction.USER_CHANGED,
        at=console.clock.now(),
        detail={"user": user.name, "changed": "password"},
    )
    with console.database.transaction() as conn:
        set_password_hash(conn, user.name, password_hash)
        append(conn, event)
    try:
        forget_logins(console.settings.data_dir, {user.name})
    except OSError as exc:  # the password in it is none any more; the next `anpr up` tries again
        log.warning("console: the first login of %s stays in its file: %s", user.name, exc.strerror)
    return replace(user, password_hash=password_hash, must_change=False)
