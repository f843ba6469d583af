# SPDX-License-Identifier: AGPL-3.0-or-later
"""Administration of users: each change and its row in the audit, with what was before, in one transaction."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.organisations.registry import get_organisation
from anpr.store.users.accounts import (
    User,
    create_user,
    demand_new_password,
    list_users,
    lock_user,
    set_disabled,
    set_ends_on,
    set_organisation,
    set_password_hash,
    set_role,
    user_of_row,
)
from anpr.store.users.second_factors import remove_factor
from anpr.store.users.sessions import end_sessions_of

NO_END = "none"
"""In the audit: a user without a last day."""
LOCAL = "local"
"""In the audit: no provider, but a password of their own."""
_SQL = load_queries("users")


class LastAdministratorError(InputError):
    """The change would leave no administrator who can log in for good."""


class OfProviderError(InputError):
    """The user's password, role or second factor is the business of the provider that lets them in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user with what an administrator is shown of their logins (UTC); `open_sessions`: how many are in use."""

    user: User
    last_login_at: datetime | None
    open_sessions: int


def list_accounts(conn: Connection, *, seen_after: datetime, started_after: datetime) -> list[Account]:
    """Everybody by name. A session counts as open when it was used and begun after these moments."""
    return _accounts(conn, None, seen_after, started_after)


def get_account(conn: Connection, name: str, *, seen_after: datetime, started_after: datetime) -> Account | None:
    """One of them; None when there is no such user."""
    return next(iter(_accounts(conn, name, seen_after, started_after)), None)


def keep_an_administrator(conn: Connection, name: str, at: datetime) -> None:
    """Another one than `name` must be an administrator of their organisation who is not disabled, has no last day, and
    logs in without a provider: it may be away, or take the role from them.

    Two that shut each other out at once wait for one another here. Raises LastAdministratorError.
    """
    administrators = [user_of_row(row) for row in conn.execute(_SQL["lock_administrators"], {"name": name})]
    others = [user for user in administrators if user.name != name and user.ends_on is None and user.provider is None]
    if any(user.name == name for user in administrators) and all(user.is_shut_out(at) for user in others):
        raise LastAdministratorError(f"user {name}: the last administrator; make another one first")


def add_user(conn: Connection, user: User, by: Author) -> None:
    """Raises as `create_user`."""
    create_user(conn, user)
    detail = {"user": user.name, "role": str(user.role), "ends_on": day_text(user.ends_on) if user.ends_on else None}
    append(conn, AuditEvent(actor=by.name, action=AuditAction.USER_CREATED, at=by.at, detail=_told(detail)))


def change_role(conn: Connection, name: str, role: Role, by: Author) -> None:
    """Another role, from the next request on; the same one is no change. Raises InputError when there is no
    such user."""
    before = _lock_local_user(conn, name, "their role comes from their groups there")
    if before.role is role:
        return
    set_role(conn, name, role)
    _note(conn, by, name, "role", previous=str(before.role), role=str(role))


def change_organisation(conn: Connection, name: str, organisation_id: str, by: Author) -> None:
    """Another organisation, from the next request on. Raises InputError when there is no such user or organisation."""
    before = _lock_local_user(conn, name, "their organisation comes from their groups there")
    get_organisation(conn, organisation_id)
    if before.organisation_id == organisation_id:
        return
    set_organisation(conn, name, organisation_id)
    _note(conn, by, name, "organisation", before=before.organisation_id, after=organisation_id)


def change_disabled(conn: Connection, name: str, disabled: bool, by: Author) -> None:
    """Shut out, with all sessions, or let in again; what is so already is no change. Raises InputError when there is no
    such user."""
    before = lock_user(conn, name)
    if before.disabled is disabled:
        return
    set_disabled(conn, name, disabled)
    _note(conn, by, name, "disabled", previous=before.disabled, disabled=disabled)


def change_ends_on(conn: Connection, name: str, day: date | None, by: Author) -> None:
    """Another last day (UTC); None: no end. Raises InputError when there is no such user, or the day is over."""
    before = lock_user(conn, name)
    refuse_past(day, by.at)
    if before.ends_on == day:
        return
    set_ends_on(conn, name, day)
    _note(conn, by, name, "ends-on", previous=day_text(before.ends_on), ends_on=day_text(day))


def change_password(conn: Connection, name: str, password_hash: str, by: Author, *, must_change: bool) -> None:
    """Another password, with which all sessions end. Raises InputError when there is no such user, or their password is
    not ours (OfProviderError)."""
    _lock_local_user(conn, name, "they have no password here")
    set_password_hash(conn, name, password_hash, must_change=must_change)
    _note(conn, by, name, "password")


def demand_password_change(conn: Connection, name: str, by: Author) -> None:
    """The user goes on when they have chosen another password. Raises InputError when there is no such user."""
    if _lock_local_user(conn, name, "they have no password here").must_change:
        return
    demand_new_password(conn, name)
    _note(conn, by, name, "must-change", previous=False, must_change=True)


def end_sessions(conn: Connection, name: str, by: Author) -> int:
    """End all sessions of the user; returns how many. Raises InputError when there is no such user."""
    lock_user(conn, name)
    ended = end_sessions_of(conn, name)
    _note(conn, by, name, "sessions", sessions=ended)
    return ended


def reset_second_factor(conn: Connection, name: str, by: Author) -> bool:
    """The password is enough again, and all sessions end; False when there was none. Raises InputError."""
    lock_user(conn, name)
    if not remove_factor(conn, name):
        return False
    end_sessions_of(conn, name)
    _note(conn, by, name, "second-factor", second_factor="reset")
    return True


def reset_second_factors(conn: Connection, by: Author) -> list[str]:
    """Remove everybody's second factor, as after the loss of the key; gives their names. Sessions end, and the audit
    names each."""
    return [user.name for user in list_users(conn) if reset_second_factor(conn, user.name, by)]


def hand_over(conn: Connection, name: str, provider: str, by: Author) -> None:
    """From now on this provider's person of this name logs in as this user: the next one who comes, and then nobody
    else. The password and all sessions end. Raises InputError when there is no such user."""
    before = lock_user(conn, name)
    conn.execute(_SQL["hand_over"], {"name": name, "provider": provider})
    remove_factor(conn, name)
    _note(conn, by, name, "provider", previous=before.provider or LOCAL, provider=provider)


def _lock_local_user(conn: Connection, name: str, why_not: str) -> User:
    user = lock_user(conn, name)
    if user.provider is not None:
        raise OfProviderError(f"user {name}: logs in through {user.provider}: {why_not}")
    return user


def refuse_past(day: date | None, at: datetime) -> None:
    """Raises InputError when this last day is over already: `disable` says what is meant."""
    if day is not None and day < at.astimezone(UTC).date():
        raise InputError(f"last day {day}: is over; disable the user to shut them out now")


def day_text(day: date | None) -> str:
    """How the audit names a last day."""
    return day.isoformat() if day else NO_END


def _accounts(conn: Connection, name: str | None, seen_after: datetime, started_after: datetime) -> list[Account]:
    values = {"name": name, "seen_after": seen_after, "started_after": started_after}
    return [
        Account(user=user_of_row(row), last_login_at=row["last_login_at"], open_sessions=row["open_sessions"])
        for row in conn.execute(_SQL["list_accounts"], values)
    ]


def _note(conn: Connection, by: Author, user: str, changed: str, **detail: Any) -> None:
    told = {"user": user, "changed": changed, **detail}
    append(conn, AuditEvent(actor=by.name, action=AuditAction.USER_CHANGED, at=by.at, detail=told))


def _told(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if value is not None}
