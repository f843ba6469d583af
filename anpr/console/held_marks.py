# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marks beside transits in a list: for which case each is held, for those who may see holds."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from anpr.console.access import Visitor
from anpr.domain.access import Permission
from anpr.store.database.connection import Connection
from anpr.store.held import HoldMark, held_among
from anpr.store.transits.rows import StoredTransit

HeldMarks = Mapping[UUID, Sequence[HoldMark]]
"""By the id of the transit; without those that are not held."""


def held_marks(conn: Connection, visitor: Visitor, found: Iterable[StoredTransit]) -> HeldMarks:
    """Those of a page of transits, in one statement; none where the role may not see holds. Raises StoreError."""
    if not visitor.may(Permission.VIEW_HOLDS):
        return {}
    return held_among(conn, [stored.transit for stored in found])
