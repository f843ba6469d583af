# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login throttle: exponential backoff per user and address, and a limit per account over all addresses.

Guessing from one address locks out no user elsewhere. Guessing from many addresses ends at ACCOUNT_TRIES an hour for an
account, except from addresses where its user has logged in before: those keep their own limit only. All consoles of a
database count together, and a restart forgets nothing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anpr.runtime.addresses import client_key
from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Connection, Database
from anpr.store.users.login_failures import (
    FORGET_AFTER,
    FailureKind,
    Failures,
    Subjects,
    count_failure,
    failures_of,
    forgive,
    is_known_place,
    lock_failures,
)

ACCOUNT_TRIES = 100
"""Failures an hour over all addresses (OWASP ASVS 2.2.1)."""
_FREE_TRIES = {FailureKind.HERE: 3, FailureKind.ADDRESS: 20}
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """How long to wait, in s; 0: not at all. `by_account`: because of tries from elsewhere."""

    seconds: float = 0.0
    by_account: bool = False


class LoginThrottle:
    """Failed logins by (user, address), by address alone for those who try many names, and by user alone.

    After a few free tries each failure doubles the wait, from 2 s to 5 minutes. An IPv6 address is its /64 network. The
    tables are bounded: of more than `max_records` the record that failed longest ago goes. `key` makes the digests.
    """

    def __init__(self, database: Database, key: str, clock: Clock, *, max_records: int = 10_000) -> None:
        self._database = database
        self._key = hashlib.sha256(b"anpr-login-failures" + key.encode()).digest()
        self._clock = clock
        self._max_records = max_records

    def admit(self, user: str, address: str) -> Wait:
        """Whether this user may try now from this address, or the time to wait.

        A try counts as failed until `succeeded` takes it back, so that tries made at the same time are all counted.
        Raises StoreError.
        """
        subjects, now = self._subjects(user, address), self._clock.now()
        with self._database.transaction() as conn:
            lock_failures(conn)
            wait = _wait(conn, subjects, now)
            if wait.seconds <= 0.0:
                count_failure(conn, subjects, now, self._max_records)
        return wait

    def succeeded(self, user: str, address: str) -> None:
        """The password was right: forget this user's failures from this address, and the try itself.

        Raises StoreError.
        """
        with self._database.transaction() as conn:
            lock_failures(conn)
            forgive(conn, self._subjects(user, address), self._clock.now(), self._max_records)

    def _subjects(self, user: str, address: str) -> Subjects:
        key = client_key(address)
        return Subjects(
            here=self._digest("here", user, key),
            address=self._digest("address", key),
            account=self._digest("account", user),
        )

    def _digest(self, *texts: str) -> bytes:
        return hmac.new(self._key, "\n".join(texts).encode(), hashlib.sha256).digest()


def _wait(conn: Connection, subjects: Subjects, now: datetime) -> Wait:
    found = failures_of(conn, subjects, now)
    here = max(_wait_of(found, kind, now) for kind in _FREE_TRIES)
    if here > 0.0:
        return Wait(seconds=here)
    elsewhere = _wait_of_account(found, now)
    if elsewhere > 0.0 and not is_known_place(conn, subjects.here):
        return Wait(seconds=elsewhere, by_account=True)
    return Wait()


def _wait_of(found: Mapping[FailureKind, Failures], kind: FailureKind, now: datetime) -> float:
    known = found.get(kind)
    if known is None or known.failures < _FREE_TRIES[kind]:
        return 0.0
    wait = doubled_s(_FIRST_WAIT_S, known.failures - _FREE_TRIES[kind], _LONGEST_WAIT_S)
    # A clock that was put back makes nobody wait longer than a failure just now would.
    return max(0.0, wait - max(0.0, (now - known.last_at).total_seconds()))


def _wait_of_account(found: Mapping[FailureKind, Failures], now: datetime) -> float:
    known = found.get(FailureKind.ACCOUNT)
    if known is None or known.failures < ACCOUNT_TRIES:
        return 0.0
    return max(0.0, FORGET_AFTER.total_seconds() - max(0.0, (now - known.first_at).total_seconds()))
