# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cached count of what is over or about to end, by organisation: the menu of every page shows it."""

import threading
from datetime import datetime, timedelta

from anpr.documents.collect import collect_ends
from anpr.documents.ends import ends_of
from anpr.domain.access import Permission, Role, may
from anpr.domain.errors import SettingsError
from anpr.domain.organisation import MANAGER
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope

KEPT_FOR = timedelta(minutes=5)
"""Last days are days; what somebody has just changed shows on the page of what ends at once."""


class EndingTally:
    """Counts once per organisation and KEPT_FOR; holds are counted for roles that may see them."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._counts: dict[tuple[str, bool], tuple[datetime, int]] = {}
        self._lock = threading.Lock()

    def count(self, database: Database, scope: Scope, role: Role) -> int:
        """How many press; `database` acts for the scope. Raises StoreError."""
        key, now = (scope.organisation_id, may(role, Permission.VIEW_HOLDS)), self._clock.now()
        with self._lock:
            counted = self._counts.get(key)
        if counted and abs(now - counted[0]) < KEPT_FOR:
            return counted[1]
        number = self._count_now(database, scope, now, holds=key[1])
        with self._lock:
            self._counts[key] = (now, number)
        return number

    def forget(self) -> None:
        """Count anew when next asked."""
        with self._lock:
            self._counts.clear()

    def _count_now(self, database: Database, scope: Scope, now: datetime, *, holds: bool) -> int:
        asked = None if scope.organisation_id == MANAGER else scope.organisation_id
        try:
            with database.transaction() as conn:
                facts = collect_ends(conn, self._settings, now, asked, holds=holds)
        except SettingsError:
            return 1  # a certificate that cannot be read: the page says which
        return sum(end.presses for end in ends_of(facts))
