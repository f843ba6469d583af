# SPDX-License-Identifier: AGPL-3.0-or-later
"""Confusion matrix of characters over texts of equal length (substitutions only)."""

from collections import Counter
from collections.abc import Iterable, Mapping

Pairs = Counter[tuple[str, str]]
"""(true character, read character): how often."""


def confusions(texts: Iterable[tuple[str, str]]) -> Pairs:
    """Counts over (true text, read text); a pair of texts of other lengths tells nothing of single characters."""
    return Counter(pair for true, read in texts if len(true) == len(read) for pair in zip(true, read, strict=True))


def mistakes(pairs: Mapping[tuple[str, str], int], most: int = 12) -> list[tuple[str, int, int]]:
    """The commonest wrong pairs as (`G→C`, how often, of how many of the true character)."""
    seen: Counter[str] = Counter()
    for (true, _), count in pairs.items():
        seen[true] += count
    wrong = sorted(((count, pair) for pair, count in pairs.items() if pair[0] != pair[1]), reverse=True)
    return [(f"{true}→{read}", count, seen[true]) for count, (true, read) in wrong[:most]]


def of(pairs: Mapping[tuple[str, str], int], true: str, read: str) -> tuple[int, int]:
    """How often `true` was read as `read`, and how often `true` stood there."""
    return pairs.get((true, read), 0), sum(count for (character, _), count in pairs.items() if character == true)
