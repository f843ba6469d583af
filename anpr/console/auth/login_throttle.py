# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login throttle: exponential backoff per user and address, and a limit per account over all addresses.

Guessing from one address locks out no user elsewhere. Guessing from many addresses ends at ACCOUNT_TRIES an hour for an
account, except from addresses where its user has logged in before: those keep their own limit only.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from anpr.runtime.addresses import client_key
from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock

ACCOUNT_TRIES = 100
"""Failures an hour over all addresses (OWASP ASVS 2.2.1)."""
_FREE_TRIES = 3
_ADDRESS_FREE_TRIES = 20
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 300.0
_FORGET_AFTER_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """How long to wait, in s; 0: not at all. `by_account`: because of tries from elsewhere."""

    seconds: float = 0.0
    by_account: bool = False


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last_at: float = 0.0
    first_at: float = 0.0


_Records = OrderedDict[tuple[str, str], _Record]


class LoginThrottle:
    """Failed logins by (user, address), by address alone for those who try many names, and by user alone.

    After a few free tries each failure doubles the wait, from 2 s to 5 minutes. An IPv6 address is its /64 network. The
    tables are bounded: when one is full the record that failed longest ago goes.
    """

    def __init__(self, clock: Clock, *, max_records: int = 10_000) -> None:
        self._clock = clock
        self._max_records = max_records
        self._records: _Records = OrderedDict()
        self._accounts: _Records = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, user: str, address: str) -> Wait:
        """Whether this user may try now from this address, or the time to wait.

        A try counts as failed until `succeeded` takes it back, so that tries made at the same time are all counted.
        """
        key = client_key(address)
        with self._lock:
            here = max(self._wait_of((user, key), _FREE_TRIES), self._wait_of(("", key), _ADDRESS_FREE_TRIES))
            if here > 0.0:
                return Wait(seconds=here)
            elsewhere = self._wait_of_account(user, key)
            if elsewhere > 0.0:
                return Wait(seconds=elsewhere, by_account=True)
            for table, place in (
                (self._records, (user, key)),
                (self._records, ("", key)),
                (self._accounts, (user, "")),
            ):
                self._count(table, place)
            return Wait()

    def succeeded(self, user: str, address: str) -> None:
        """The password was right: forget this user's failures from this address, and the try itself."""
        key = client_key(address)
        with self._lock:
            self._records.pop((user, key), None)
            for record in (self._records.get(("", key)), self._accounts.get((user, ""))):
                if record is not None:
                    record.failures = max(0, record.failures - 1)
            self._known.pop((user, key), None)
            self._known[user, key] = None
            while len(self._known) > self._max_records:
                self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._records)

    def _count(self, table: _Records, key: tuple[str, str]) -> None:
        now = self._clock.monotonic()
        record = table.pop(key, None)
        if record is None or now - (record.first_at if table is self._accounts else record.last_at) > _FORGET_AFTER_S:
            record = _Record(first_at=now)
        record.failures += 1
        record.last_at = now
        table[key] = record
        while len(table) > self._max_records:
            table.popitem(last=False)

    def _wait_of(self, key: tuple[str, str], free_tries: int) -> float:
        record = self._records.get(key)
        if record is None or record.failures < free_tries:
            return 0.0
        if self._clock.monotonic() - record.last_at > _FORGET_AFTER_S:
            return 0.0
        wait = doubled_s(_FIRST_WAIT_S, record.failures - free_tries, _LONGEST_WAIT_S)
        return max(0.0, record.last_at + wait - self._clock.monotonic())

    def _wait_of_account(self, user: str, key: str) -> float:
        record = self._accounts.get((user, ""))
        if record is None or record.failures < ACCOUNT_TRIES or (user, key) in self._known:
            return 0.0
        return max(0.0, record.first_at + _FORGET_AFTER_S - self._clock.monotonic())
