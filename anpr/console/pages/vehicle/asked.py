# SPDX-License-Identifier: AGPL-3.0-or-later
"""The visitor's own recorded search as the question for one vehicle: whole plate, no wildcards, no look-alikes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path
from starlette.exceptions import HTTPException

from anpr.console.access import Visitor
from anpr.console.coverage import oldest_kept
from anpr.console.state import Console
from anpr.store.transits.recorded_search import RecordedSearch, recorded_search

NumberDep = Annotated[int, Path(ge=1, lt=2**63)]
"""Of the audit's row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedVehicle:
    """A search for one plate in [since, until), UTC, as far as transits are kept and were received by then."""

    search: RecordedSearch
    since: datetime
    until: datetime

    @property
    def plate(self) -> str:
        """In its normal form."""
        return self.search.query.pattern


def asked_vehicle(console: Console, visitor: Visitor, number: int) -> AskedVehicle:
    """The visitor's own search. Raises HTTPException 404 for everybody else's, and for one of several plates."""
    with console.database.transaction() as conn:
        found = recorded_search(conn, number)
    if found is None or found.actor != visitor.user.name or not found.is_of_one_plate:
        raise HTTPException(404)
    oldest = oldest_kept(console)
    query = found.query
    return AskedVehicle(
        search=found,
        since=max(query.since or oldest, oldest),
        until=min(query.until, found.at) if query.until else found.at,
    )
