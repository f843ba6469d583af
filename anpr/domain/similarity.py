# SPDX-License-Identifier: AGPL-3.0-or-later
"""Similarity of plate texts: an edit distance in which look-alike characters cost less. Pure."""

from functools import lru_cache

from anpr.domain.plate import look_alike_key

_SWAP_OF_LOOK_ALIKES = 0.3
"""Cost of reading O for 0 and the like, where another character costs 1."""


@lru_cache(maxsize=4096)
def edit_distance(a: str, b: str) -> float:
    """Weighted Levenshtein distance: 1 for a character added, lost or changed, 0.3 for a look-alike one."""
    if len(a) < len(b):
        a, b = b, a
    row = [float(i) for i in range(len(b) + 1)]
    for i, left in enumerate(a, start=1):
        before, row[0] = row[0], float(i)
        for j, right in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + _cost(left, right))
    return row[-1]


def similarity(a: str, b: str) -> float:
    """Similarity, 0 to 1: 1 for the same text, 0 for nothing in common."""
    return 1.0 - edit_distance(a, b) / max(len(a), len(b), 1)


def is_part(a: str, b: str, least: int) -> bool:
    """Whether the shorter of the two, at least `least` characters, stands in the longer one, look-alikes folded."""
    short, long = sorted((look_alike_key(a), look_alike_key(b)), key=len)
    return least <= len(short) < len(long) and short in long


def _cost(a: str, b: str) -> float:
    if a == b:
        return 0.0
    return _SWAP_OF_LOOK_ALIKES if look_alike_key(a) == look_alike_key(b) else 1.0
