# SPDX-License-Identifier: AGPL-3.0-or-later
"""Index of partial plates in memory: each is kept under a few of the signs that it names, at their places.

A plate is looked up once for each set of places in use, not once for each entry: ten thousand partial plates share a
handful of such sets (`AB12*` and `CD34*` have one). Of a batch, those worth a look are found for all its plates at
once by a hash (`text_columns.py`). What is found is compared sign by sign, so the index names no entry that does not
fit, and misses none.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import Any

from anpr.domain.partial_plate import fits
from anpr.store.watchlists.text_columns import MOST_PLACES, TextColumns, different_hashes, hash_of

_LEAST_ANCHORED = 2
"""Signs at known places that make a key worth while; else those between two `*` are looked for all along the plate."""
_LEAST_SELECTIVE = 4
"""With more than one of so many hashes in use, a look at each plate is cheaper than to find those that have one."""


class PartialIndex:
    """Numbers by partial plate. Adding one twice does no harm; for one thread at a time."""

    def __init__(self) -> None:
        self._anchored: dict[tuple[int, ...], _Group] = {}
        self._floating: dict[tuple[int, ...], _Group] = {}
        self._size = 0

    def __len__(self) -> int:
        """Entries added, counting one as often as it was."""
        return self._size

    def add(self, pattern: str, number: int) -> None:
        """Take it in."""
        places, signs = _anchors(pattern)
        kept = self._anchored
        if len(places) < _LEAST_ANCHORED:
            places, signs = _longest_run(pattern)
            kept = self._floating
        if places not in kept:
            kept[places] = _Group(len(places))
        kept[places].add("".join(signs) if _are_neighbours(places) else signs, pattern, number)
        self._size += 1

    def among(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The place of each text in the sequence, and the number of each entry that it fits."""
        lengths = list(map(len, texts))
        for length in set(lengths):
            places: Sequence[int] = range(len(texts))
            if lengths.count(length) < len(texts):
                places = list(compress(places, map(length.__eq__, lengths)))
            plates = [texts[place] for place in places]
            columns = TextColumns(plates, length)
            for signs, group in self._lookups(length):
                key = _key(signs)
                for at in group.worth_a_look(columns.hashes(signs)):
                    for pattern, number in group.entries.get(key(plates[at]), ()):
                        if fits(plates[at], pattern):
                            yield places[at], number

    def _lookups(self, length: int) -> Iterator[tuple[tuple[int, ...], "_Group"]]:
        """For plates of this length: places of signs, and the entries by what stands there."""
        for places, group in self._anchored.items():
            if max(places) < length and -min(places) <= length:
                yield places, group
        for places, group in self._floating.items():
            for begin in range(length - max(places)):
                yield tuple(begin + place for place in places), group


class _Group:
    """Partial plates that are kept under signs at the same places."""

    def __init__(self, places: int) -> None:
        self.entries: dict[Hashable, list[tuple[str, int]]] = {}
        """By the signs there, the partial plates that have them, each with its entry's number."""
        self._most = different_hashes(places) // _LEAST_SELECTIVE
        self._hashes: set[str] = set()
        self._finder: re.Pattern[str] | None = None

    def add(self, signs: str | tuple[str, ...], pattern: str, number: int) -> None:
        self.entries.setdefault(signs, []).append((pattern, number))
        found = hash_of(signs)
        if found not in self._hashes:
            self._hashes.add(found)
            self._finder = None

    def worth_a_look(self, hashes: str) -> Iterable[int]:
        """Places in the string of hashes, all that an entry may have and few others."""
        if len(self._hashes) > self._most:
            return range(len(hashes))
        if self._finder is None:
            self._finder = re.compile(f"[{''.join(map(re.escape, sorted(self._hashes)))}]")
        return [found.start() for found in self._finder.finditer(hashes)]


@lru_cache(maxsize=4096)
def _key(places: tuple[int, ...]) -> Callable[[str], Any]:
    """The signs at these places: as one text where they are neighbours, which is faster, else as a tuple."""
    if _are_neighbours(places):
        return itemgetter(slice(places[0], places[-1] + 1 or None))
    return itemgetter(*places)


def _are_neighbours(places: tuple[int, ...]) -> bool:
    first, last = places[0], places[-1]
    return last - first == len(places) - 1 and (first < 0) == (last < 0)


def _anchors(pattern: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Places and signs before the first `*`, and from the end those behind the last one."""
    head, star, _ = pattern.partition("*")
    tail = pattern.rpartition("*")[2] if star else ""
    known = [(place, sign) for place, sign in enumerate(head) if sign != "?"]
    known += [(place - len(tail), sign) for place, sign in enumerate(tail) if sign != "?"]
    return _split(known)


def _longest_run(pattern: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Of the parts between `*` the one that names most, with places counted from its first known sign."""
    parts = [[(at, sign) for at, sign in enumerate(part) if sign != "?"] for part in pattern.split("*")]
    known = max(parts, key=len)
    first = known[0][0]
    return _split([(at - first, sign) for at, sign in known])


def _split(known: list[tuple[int, str]]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Neighbours where there are enough: a piece of a text is cheaper than its signs, and more entries share it."""
    windows = (known[at : at + MOST_PLACES] for at in range(len(known) - MOST_PLACES + 1))
    runs = (window for window in windows if _are_neighbours(tuple(place for place, _ in window)))
    chosen = next(runs, known[:MOST_PLACES])
    return tuple(place for place, _ in chosen), tuple(sign for _, sign in chosen)
