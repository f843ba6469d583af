# SPDX-License-Identifier: AGPL-3.0-or-later
"""First logins: created when there is no user yet, with one-time passwords, shown once and on a terminal only."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.users.accounts import User, create_user, list_users
from anpr.store.users.first_logins import FILE, Login, forget_logins, write_logins
from anpr.store.users.passwords import hash_password
from anpr.up.deployment import FIRST_USERS, Echo, FirstUser


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstLogins:
    """First logins that nobody has used yet; `are_new`: they were made by this start."""

    logins: Sequence[Login]
    are_new: bool


def ensure_logins(
    conn: Connection, folder: Path, clock: Clock, first: Sequence[FirstUser] = FIRST_USERS
) -> FirstLogins:
    """The logins of the first users, made now if there are no users at all; else of those without a password of their
    own."""
    users = list_users(conn)
    if users:
        settled = {user.name for user in users if not user.must_change}
        return FirstLogins(logins=forget_logins(folder, settled), are_new=False)
    logins = [Login(name=one.name, role=str(one.role), password=secrets.token_urlsafe(12)) for one in first]
    for one, login in zip(first, logins, strict=True):
        user = User(
            name=one.name, role=one.role, password_hash=hash_password(login.password), must_change=True,
            organisation_id=one.organisation_id,
        )  # fmt: skip
        create_user(conn, user)
        event = AuditEvent(
            actor="anpr up",
            action=AuditAction.USER_CREATED,
            at=clock.now(),
            reason="first start",
            detail={"user": login.name, "role": login.role},
        )
        append(conn, event)
    write_logins(folder, logins)
    return FirstLogins(logins=logins, are_new=True)


def tell_logins(first: FirstLogins, folder: Path, echo: Echo, *, is_terminal: bool) -> None:
    """Say how to log in: the passwords themselves once, and to a person at a terminal, never into a journal."""
    if first.are_new and is_terminal:
        for login in first.logins:
            echo(f"  login     {login.name} / {login.password}   ({login.role})")
        echo("            each is to be changed at the first login, and is not shown again")
    elif first.logins:
        names = ", ".join(login.name for login in first.logins)
        echo(f"  login     {names}: first passwords in {folder / FILE}")
    else:
        echo("  login     a lost password: anpr user password NAME")
