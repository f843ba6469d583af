# SPDX-License-Identifier: AGPL-3.0-or-later
"""Index of partial plates in memory: each is kept under a few of the signs that it names, at their places.

A plate is looked up once for each set of places in use, not once for each entry: ten thousand partial plates share a
handful of such sets (`AB12*` and `CD34*` have one). What is found there is compared sign by sign, so the index names no
entry that does not fit, and misses none.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import Any

from anpr.domain.partial_plate import fits

_MOST_SIGNS = 4
"""Of a key. More would only make more sets of places."""
_LEAST_ANCHORED = 2
"""Signs at known places that make a key worth while; else those between two `*` are looked for all along the plate."""

_Entries = dict[Hashable, list[tuple[str, int]]]
"""By key, the partial plates that have it, each with its entry's number."""


class PartialIndex:
    """Numbers by partial plate. Adding one twice does no harm; for one thread at a time."""

    def __init__(self) -> None:
        self._anchored: dict[tuple[int, ...], _Entries] = {}
        self._floating: dict[tuple[int, ...], _Entries] = {}
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
        known: Hashable = "".join(signs) if _are_neighbours(places) else signs
        kept.setdefault(places, {}).setdefault(known, []).append((pattern, number))
        self._size += 1

    def among(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The place of each text in the sequence, and the number of each entry that it fits."""
        lengths = list(map(len, texts))
        for length in set(lengths):
            places = [place for place, found in enumerate(lengths) if found == length]
            plates = [texts[place] for place in places]
            for key, entries in self._lookups(length):
                # What a plate that nobody looks for costs: one look for each set of places, in the interpreter's loop.
                for at in compress(range(len(plates)), map(entries.__contains__, map(key, plates))):
                    for pattern, number in entries[key(plates[at])]:
                        if fits(plates[at], pattern):
                            yield places[at], number

    def _lookups(self, length: int) -> Iterator[tuple[Callable[[str], Hashable], _Entries]]:
        """For plates of this length: how a key is made, and the entries by key."""
        for places, entries in self._anchored.items():
            if max(places) < length and -min(places) <= length:
                yield _key(places), entries
        for places, entries in self._floating.items():
            for begin in range(length - max(places)):
                yield _key(tuple(begin + place for place in places)), entries


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
    windows = (known[at : at + _MOST_SIGNS] for at in range(len(known) - _MOST_SIGNS + 1))
    runs = (window for window in windows if _are_neighbours(tuple(place for place, _ in window)))
    chosen = next(runs, known[:_MOST_SIGNS])
    return tuple(place for place, _ in chosen), tuple(sign for _, sign in chosen)
