# SPDX-License-Identifier: AGPL-3.0-or-later
"""Second factors of users: the encrypted secret, the last code that was used, and digests of recovery codes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("second_factors")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFactor:
    """A user's second factor; `confirmed_at` (UTC): None while its first code has not been typed yet."""

    sealed_secret: bytes = field(repr=False)
    confirmed_at: datetime | None
    codes_left: int
    """Recovery codes that were not used."""


def get_factor(conn: Connection, user: str) -> StoredFactor | None:
    """The user's; None when there is none."""
    row = conn.execute(_SQL["get"], {"user": user}).fetchone()
    return StoredFactor(**{**row, "sealed_secret": bytes(row["sealed_secret"])}) if row else None


def secrets_in_use(conn: Connection) -> dict[str, bytes]:
    """The sealed secrets of users whose login asks for a code, by name."""
    return {row["user_name"]: bytes(row["sealed_secret"]) for row in conn.execute(_SQL["in_use"])}


def begin_factor(conn: Connection, user: str, sealed_secret: bytes, at: datetime) -> bool:
    """A secret that waits for its first code, in place of another one that does; False when one is in use."""
    values = {"user": user, "sealed": sealed_secret, "at": at}
    return conn.execute(_SQL["begin"], values).rowcount == 1


def confirm_factor(conn: Connection, user: str, step: int, at: datetime) -> bool:
    """Its first code was typed: it is asked for from now on. False when none waits for that."""
    return conn.execute(_SQL["confirm"], {"user": user, "step": step, "at": at}).rowcount == 1


def use_step(conn: Connection, user: str, step: int) -> bool:
    """Use up the code of this time step; False when it, or a later one, was used before."""
    return conn.execute(_SQL["use_step"], {"user": user, "step": step}).rowcount == 1


def use_recovery_code(conn: Connection, user: str, digest: bytes) -> bool:
    """Use up a recovery code; False when the user has no such one."""
    return conn.execute(_SQL["use_code"], {"user": user, "digest": digest}).rowcount == 1


def replace_recovery_codes(conn: Connection, user: str, digests: Iterable[bytes]) -> None:
    """These and no others."""
    conn.execute(_SQL["forget_codes"], {"user": user})
    conn.execute(_SQL["add_codes"], {"user": user, "digests": list(digests)})


def remove_factor(conn: Connection, user: str) -> bool:
    """The user has none any more, nor recovery codes; False when there was none."""
    return conn.execute(_SQL["remove"], {"user": user}).rowcount == 1
