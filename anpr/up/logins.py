# SPDX-License-Identifier: AGPL-3.0-or-later
"""First logins: created when there is no user yet, kept in a file that only this user can read."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from anpr.domain.access import Role
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.users.accounts import User, create_user, list_users
from anpr.store.users.passwords import hash_password

FILE = "first-logins.txt"
_FIRST = (("operatore", Role.OPERATOR), ("revisore", Role.AUDITOR), ("amministratore", Role.ADMINISTRATOR))


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A name and its password."""

    name: str
    role: str
    password: str


def ensure_logins(conn: Connection, folder: Path, clock: Clock) -> list[Login]:
    """The first logins, made now if there are no users at all; empty when somebody else made users."""
    if list_users(conn):
        return read_logins(folder)
    logins = [Login(name=name, role=str(role), password=secrets.token_urlsafe(12)) for name, role in _FIRST]
    for login in logins:
        create_user(conn, User(name=login.name, role=Role(login.role), password_hash=hash_password(login.password)))
        event = AuditEvent(
            actor="anpr up",
            action=AuditAction.USER_CREATED,
            at=clock.now(),
            reason="first start",
            detail={"user": login.name, "role": login.role},
        )
        append(conn, event)
    _write(folder / FILE, logins)
    return logins


def read_logins(folder: Path) -> list[Login]:
    """The first logins as they were kept in this folder; empty where none were."""
    path = folder / FILE
    if not path.exists():
        return []
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Login(name=name, role=role, password=password) for name, role, password in rows]


def _write(path: Path, logins: list[Login]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{login.name} {login.role} {login.password}\n" for login in logins)
