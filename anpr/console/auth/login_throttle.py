# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login throttle: exponential backoff per user and address. Guessing from one address locks out no user elsewhere."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock

_FREE_TRIES = 3
_ADDRESS_FREE_TRIES = 20
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 300.0
_FORGET_AFTER_S = 3600.0


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last_at: float = 0.0


class LoginThrottle:
    """Failed logins by (user, address), and by address alone for those who try many names.

    After a few free tries each failure doubles the wait, from 2 s to 5 minutes. The table is bounded: when it is
    full the record that failed longest ago goes.
    """

    def __init__(self, clock: Clock, *, max_records: int = 10_000) -> None:
        self._clock = clock
        self._max_records = max_records
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, user: str, address: str) -> float:
        """0 when this user may try now from this address; otherwise the seconds to wait.

        A try counts as failed until `succeeded` takes it back, so that tries made at the same time are all counted.
        """
        with self._lock:
            wait = max(
                self._wait_of((user, address), _FREE_TRIES),
                self._wait_of(("", address), _ADDRESS_FREE_TRIES),
            )
            if wait == 0.0:
                self._count((user, address))
                self._count(("", address))
            return wait

    def succeeded(self, user: str, address: str) -> None:
        """The password was right: forget this user's failures from this address, and the try itself."""
        with self._lock:
            self._records.pop((user, address), None)
            record = self._records.get(("", address))
            if record is not None:
                record.failures = max(0, record.failures - 1)

    def __len__(self) -> int:
        return len(self._records)

    def _count(self, key: tuple[str, str]) -> None:
        record = self._records.pop(key, None) or _Record()
        record.failures = 1 if self._is_old(record) else record.failures + 1
        record.last_at = self._clock.monotonic()
        self._records[key] = record
        while len(self._records) > self._max_records:
            self._records.popitem(last=False)

    def _wait_of(self, key: tuple[str, str], free_tries: int) -> float:
        record = self._records.get(key)
        if record is None or record.failures < free_tries or self._is_old(record):
            return 0.0
        wait = doubled_s(_FIRST_WAIT_S, record.failures - free_tries, _LONGEST_WAIT_S)
        return max(0.0, record.last_at + wait - self._clock.monotonic())

    def _is_old(self, record: _Record) -> bool:
        return record.failures > 0 and self._clock.monotonic() - record.last_at > _FORGET_AFTER_S
