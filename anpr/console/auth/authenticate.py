# SPDX-License-Identifier: AGPL-3.0-or-later
"""Password check of a login: about as slow for a user who does not exist."""

from datetime import datetime

from anpr.domain.errors import AccessError
from anpr.store.database.connection import Database
from anpr.store.users.accounts import User, get_user
from anpr.store.users.passwords import NOBODY_HASH, verify_password


class LoginRefusedError(AccessError):
    """Wrong name or password, or the user is shut out. `actor` is the name to record in the audit."""

    def __init__(self, actor: str) -> None:
        super().__init__("login refused")
        self.actor = actor


def authenticate(database: Database, name: str, password: str, now: datetime) -> User:
    """The user with this name and password who may come in `now` (UTC). Raises LoginRefusedError, and StoreError.

    A name that no user has is recorded as `unknown`: somebody may have typed their password there.
    """
    with database.transaction() as conn:
        user = get_user(conn, name)
    has_password = user is not None and user.provider is None
    is_right = verify_password(user.password_hash if user and has_password else NOBODY_HASH, password)
    if user is None:
        raise LoginRefusedError("unknown")
    if not has_password or not is_right or user.is_shut_out(now):
        raise LoginRefusedError(user.name)
    return user
