# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzzy match of a name that nobody knows with the known ones, for error messages."""

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.6
"""Ratio of difflib's SequenceMatcher."""
_MOST = 10
"""Names that a message lists at most."""


def near_name(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None where none is."""
    near = get_close_matches(name, sorted(known), 1, _ALIKE)
    return near[0] if near else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """End of a sentence about a name that nobody knows: the one that was meant, or else those that there are."""
    names = sorted(known)
    if near := near_name(name, names):
        return f"; did you mean {near}?"
    more = ", …" if len(names) > _MOST else ""
    return f"; there are: {', '.join(names[:_MOST]) or 'none'}{more}"
