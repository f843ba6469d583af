# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access control of open streams: whether the visitor of a stream may still have it, asked from time to time."""

from anpr.console.access import Visitor, is_unfinished, visitor_of
from anpr.console.state import Console

CHECK_EVERY_S = 20.0
"""A stream outlives its right by this long at most (s)."""


def may_go_on(console: Console, cookie: str | None, visitor: Visitor) -> bool:
    """Whether the session goes on, of the same role for the same organisation, and its account needs nothing first.

    What a stream shows was chosen when it began: with another role or organisation its page has to ask anew. Raises
    StoreError.
    """
    now = visitor_of(console, cookie)
    if now is None or is_unfinished(console, now.user):
        return False
    before = visitor.user
    return (now.user.role, now.user.organisation_id) == (before.role, before.organisation_id)
