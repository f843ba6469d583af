# SPDX-License-Identifier: AGPL-3.0-or-later
"""Optimistic locking: what a form was made of is sent back with it, and another state since then refuses the change."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.watchlist import Entry
from anpr.store.watchlists.entries import NewEntry


class ChangedMeanwhileError(InputError):
    """Somebody changed it after it was shown: who, and when (UTC), where that is known."""

    def __init__(self, what: str, by: str | None, at: datetime | None) -> None:
        super().__init__(f"{what}: it was changed meanwhile by {by or 'somebody'}")
        self.by = by
        self.at = at


def version_of(values: Mapping[str, Any]) -> str:
    """Another text for each state."""
    return hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()[:20]


def entry_values(entry: NewEntry | Entry) -> dict[str, Any]:
    """The entry as JSON holds it."""
    return {
        "plate": entry.plate,
        "reason": entry.reason,
        "valid_from": entry.valid_from.isoformat() if entry.valid_from else None,
        "valid_to": entry.valid_to.isoformat() if entry.valid_to else None,
        "instructions": entry.instructions,
    }


def entry_of(values: Mapping[str, Any]) -> NewEntry:
    """The entry that `entry_values` made."""
    times = {name: moment_of(values[name]) for name in ("valid_from", "valid_to")}
    return NewEntry(plate=values["plate"], reason=values["reason"], instructions=values["instructions"], **times)


def moment_of(text: str | None) -> datetime | None:
    """The moment of an ISO text; None of None."""
    return datetime.fromisoformat(text) if text else None
