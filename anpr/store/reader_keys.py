# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registry of readers' public keys: enrolled, revoked, and forgotten only on purpose."""

import re
from dataclasses import dataclass
from datetime import datetime

from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError
from anpr.domain.identifier import IDENTIFIER_PATTERN, IDENTIFIER_RULE
from anpr.domain.near_name import suggestion
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("reader_keys")


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrolledKey:
    """A key that a reader may sign with, until it is revoked (times in UTC)."""

    reader_id: str
    key: PublicKey
    enrolled_at: datetime
    revoked_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint


def list_keys(conn: Connection) -> list[EnrolledKey]:
    """All keys, also revoked ones, by reader and then by age."""
    return [
        EnrolledKey(
            reader_id=row["reader_id"],
            key=PublicKey(row["public_key"]),
            enrolled_at=row["enrolled_at"],
            revoked_at=row["revoked_at"],
        )
        for row in conn.execute(_SQL["list"])
    ]


def enrol_key(conn: Connection, reader_id: str, key: PublicKey, at: datetime) -> None:
    """Let this reader sign with this key, beside those it has. Raises InputError for one that is or was enrolled."""
    if not re.fullmatch(IDENTIFIER_PATTERN, reader_id):
        raise InputError(f"reader {reader_id!r}: expected {IDENTIFIER_RULE}")
    values = {"fingerprint": key.fingerprint, "reader_id": reader_id, "public_key": key.text, "at": at}
    if conn.execute(_SQL["enrol"], values).rowcount:
        return
    known = next(each for each in list_keys(conn) if each.fingerprint == key.fingerprint)
    state = "was revoked: make another one" if known.revoked_at else f"is enrolled for reader {known.reader_id} already"
    raise InputError(f"the key {key.fingerprint} {state}")


def revoke_keys(conn: Connection, name: str, at: datetime) -> list[str]:
    """End the key with this fingerprint, or all of the reader with this id; gives the fingerprints.

    Raises InputError when none is in use under that name.
    """
    ended = [row["fingerprint"] for row in conn.execute(_SQL["revoke"], {"name": name, "at": at})]
    if not ended:
        known = {each.reader_id for each in list_keys(conn) if each.revoked_at is None}
        raise InputError(f"{name!r}: no reader or fingerprint with a key in use{suggestion(name, known)}")
    return ended


def forget_reader(conn: Connection, reader_id: str) -> list[str]:
    """Remove all keys of this reader, so that it may send unsigned again; gives the fingerprints.

    Raises InputError when it has none.
    """
    gone = [row["fingerprint"] for row in conn.execute(_SQL["forget"], {"reader_id": reader_id})]
    if not gone:
        known = {each.reader_id for each in list_keys(conn)}
        raise InputError(f"reader {reader_id!r}: it has no key{suggestion(reader_id, known)}")
    return gone
