# SPDX-License-Identifier: AGPL-3.0-or-later
"""Enrolment of one's own second factor: each step a transaction with its row in the audit."""

from anpr.console.auth.second_factor import step_of
from anpr.console.state import Console
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.users.second_factors import (
    begin_factor,
    confirm_factor,
    get_factor,
    remove_factor,
    replace_recovery_codes,
)
from anpr.store.users.sessions import end_sessions_of


def begin_enrolment(console: Console, user: str) -> None:
    """A new secret waits for its first code; nothing changes for who has a second factor. Raises StoreError."""
    secret = console.second_factor.make_secret()
    with console.database.transaction() as conn:
        begin_factor(conn, user, console.second_factor.seal(user, secret), console.clock.now())


def confirm_enrolment(console: Console, user: str, code: str) -> list[str] | None:
    """The second factor counts from now on, and all sessions end; returns the recovery codes.

    None when nothing waits for a code, or this is not it. Raises SealedSecretError and StoreError.
    """
    now = console.clock.now()
    with console.database.transaction() as conn:
        factor = get_factor(conn, user)
        if factor is None or factor.confirmed_at is not None:
            return None
        step = step_of(console.second_factor.unseal(user, factor.sealed_secret), code, now)
        if step is None or not confirm_factor(conn, user, step, now):
            return None
        end_sessions_of(conn, user)
        _note(console, conn, user, "second-factor", second_factor="on")
        return _new_codes(console, conn, user)


def renew_recovery_codes(console: Console, user: str) -> list[str] | None:
    """New ones in place of all earlier ones; None for who has no second factor. Raises StoreError."""
    with console.database.transaction() as conn:
        factor = get_factor(conn, user)
        if factor is None or factor.confirmed_at is None:
            return None
        _note(console, conn, user, "recovery-codes")
        return _new_codes(console, conn, user)


def remove_own_factor(console: Console, user: str) -> None:
    """The password is enough again. Raises StoreError."""
    with console.database.transaction() as conn:
        if remove_factor(conn, user):
            _note(console, conn, user, "second-factor", second_factor="off")


def _new_codes(console: Console, conn: Connection, user: str) -> list[str]:
    new = console.second_factor.recovery_codes()
    replace_recovery_codes(conn, user, [console.second_factor.code_digest(user, code) for code in new])
    return new


def _note(console: Console, conn: Connection, user: str, changed: str, **detail: object) -> None:
    told = {"user": user, "changed": changed, **detail}
    append(conn, AuditEvent(actor=user, action=AuditAction.USER_CHANGED, at=console.clock.now(), detail=told))
