# SPDX-License-Identifier: AGPL-3.0-or-later
"""Searches at once: so many of one user and so many of all, so that wide ones make nobody else wait."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.domain.errors import AccessError

PER_USER = 2
CONNECTIONS = 4
"""To the database, for searches alone."""
IN_ALL = 3 * CONNECTIONS
"""Those that run and those that wait for a connection; each holds a thread, of which there are 40."""


class SearchesBusyError(AccessError):
    """As many searches run as may; `by_user`: of this very user."""

    def __init__(self, *, by_user: bool) -> None:
        super().__init__("too many searches at once")
        self.by_user = by_user


class SearchSeats:
    """Counts the searches that run."""

    def __init__(self, *, per_user: int = PER_USER, in_all: int = IN_ALL) -> None:
        self._per_user = per_user
        self._in_all = in_all
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def seat(self, user: str) -> Iterator[None]:
        """A seat for one search of this user. Raises SearchesBusyError."""
        with self._lock:
            if self._taken[user] >= self._per_user:
                raise SearchesBusyError(by_user=True)
            if self._taken.total() >= self._in_all:
                raise SearchesBusyError(by_user=False)
            self._taken[user] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[user] -= 1
                if not self._taken[user]:
                    del self._taken[user]
