# SPDX-License-Identifier: AGPL-3.0-or-later
"""User accounts of the console."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("users")
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
RESERVED_NAMES = frozenset({"forward", "maintenance", "retention", "unknown"})
"""What the audit calls the system itself, and whoever types a name that no user has: no user may pass for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Names are lower case; nobody is ever deleted (the audit names them), only disabled."""

    name: str
    role: Role
    password_hash: str = field(repr=False)
    disabled: bool = False
    must_change: bool = False
    """The password is known to others and good for choosing one's own only."""
    ends_on: date | None = None
    """The last day on which they may log in, whole and in UTC; None: no end."""
    has_second_factor: bool = False
    """A login asks for a code after the password."""
    provider: str | None = None
    """The issuer of the OpenID provider that lets them in; None: they have a password of their own."""
    subject: str | None = None
    """By which the provider knows them; None: its next person of this name becomes this user."""
    organisation_id: str = MANAGER
    """For whom they work: they see what is open to it."""

    def is_shut_out(self, now: datetime) -> bool:
        """Whether they may not come in: disabled, or their last day is over."""
        return self.disabled or (self.ends_on is not None and now.astimezone(UTC).date() > self.ends_on)


class NameTakenError(InputError):
    """There is a user of this name, perhaps of another organisation."""


def is_user_name(text: str) -> bool:
    """Whether this can be the name of a user, unless it is one of RESERVED_NAMES."""
    return _NAME.fullmatch(text) is not None


def create_user(conn: Connection, user: User) -> None:
    """Raises InputError when the name is not one or is reserved, and NameTakenError."""
    if user.name in RESERVED_NAMES:
        raise InputError(f"user {user.name}: the audit calls the system itself so; choose another name")
    if not is_user_name(user.name):
        raise InputError(f"user {user.name!r}: lower-case letters, digits, dot, dash, underscore, @; at most 64")
    values = {
        "name": user.name,
        "role": str(user.role),
        "hash": user.password_hash,
        "disabled": user.disabled,
        "must_change": user.must_change,
        "ends_on": user.ends_on,
        "provider": user.provider,
        "subject": user.subject,
        "organisation_id": user.organisation_id,
    }
    if conn.execute(_SQL["create"], values).rowcount == 0:
        raise NameTakenError(f"user {user.name}: exists already")


def get_user(conn: Connection, name: str) -> User | None:
    """The user of this name; None when there is none."""
    row = conn.execute(_SQL["get"], {"name": name}).fetchone()
    return user_of_row(row) if row else None


def lock_user(conn: Connection, name: str) -> User:
    """The user of this name, whom nobody else changes until the transaction ends. Raises InputError."""
    row = conn.execute(_SQL["lock"], {"name": name}).fetchone()
    return user_of_row(row) if row else _no_such_user(conn, name)


def list_users(conn: Connection) -> list[User]:
    """Everybody, by name."""
    return [user_of_row(row) for row in conn.execute(_SQL["list"])]


def set_password_hash(conn: Connection, name: str, password_hash: str, *, must_change: bool = False) -> None:
    """A new password, with which all sessions end. Raises InputError when there is no such user."""
    _change(conn, "set_password_hash", {"name": name, "hash": password_hash, "must_change": must_change})


def set_role(conn: Connection, name: str, role: Role) -> None:
    """Raises InputError when there is no such user."""
    _change(conn, "set_role", {"name": name, "role": str(role)})


def set_organisation(conn: Connection, name: str, organisation_id: str) -> None:
    """Raises InputError when there is no such user."""
    _change(conn, "set_organisation", {"name": name, "organisation_id": organisation_id})


def set_disabled(conn: Connection, name: str, disabled: bool) -> None:
    """Whether the user is shut out; whoever is let in again logs in anew. Raises InputError when there is none."""
    _change(conn, "set_disabled", {"name": name, "disabled": disabled})


def set_ends_on(conn: Connection, name: str, day: date | None) -> None:
    """Their last day (UTC); None: no end. Raises InputError when there is no such user."""
    _change(conn, "set_ends_on", {"name": name, "ends_on": day})


def demand_new_password(conn: Connection, name: str) -> None:
    """They can do nothing more before they have chosen another password. Raises InputError when there is none."""
    _change(conn, "demand_new_password", {"name": name})


def _change(conn: Connection, query: str, values: dict[str, Any]) -> None:
    if conn.execute(_SQL[query], values).rowcount == 0:
        _no_such_user(conn, values["name"])


def _no_such_user(conn: Connection, name: str) -> NoReturn:
    known = [user.name for user in list_users(conn)]
    raise InputError(f"user {name}: no such user{suggestion(name, known)}")


def user_of_row(row: dict[str, Any]) -> User:
    """The user in a row of their table, whatever else is in it."""
    values = {name: row[name] for name in User.__dataclass_fields__}
    return User(**{**values, "role": Role(row["role"])})
