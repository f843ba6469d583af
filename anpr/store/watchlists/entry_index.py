# SPDX-License-Identifier: AGPL-3.0-or-later
"""Index of all watchlist entries in memory: a filter that misses none and may name too many.

An entry costs 36 bytes or so, twice that on lists that look beyond the plate, and no object of its own: a million of
them take tens of megabytes, and the garbage collector has nothing to walk through. What it names is asked of the
database, which knows the entry as it is now, and decided by `anpr.domain.watchlist.matches`.
"""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from anpr.domain.partial_plate import is_partial
from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit
from anpr.store.watchlists.partial_index import PartialIndex

_EMPTY = -1
_FIRST_SLOTS = 1 << 10
_SLOTS_PER_TEXT = 2
"""At least; a search then takes a few looks."""
_MARKS_PER_SLOT = 4
"""Bytes. At most one of eight texts that are not there meets a mark and is searched for."""


class IndexedEntry(NamedTuple):
    """What the index must know of an entry: its number, its plate, and how its list looks at plates."""

    id: int
    plate: str
    """Whole or partial."""
    look_alike: str | None
    """The plate's look-alike key, where its list matches look-alikes."""
    by_probability: bool
    """Whether its list looks at candidates."""


class EntryIndex:
    """Entries by plate, by look-alike key, and by what may be a candidate. Adding one twice does no harm.

    Entries are never taken out: one that is gone is no longer found in the database. Make a new index when too many
    are. For one thread at a time.
    """

    def __init__(self) -> None:
        self._plates, self._look_alikes, self._probable = _Texts(), _Texts(), _Texts()
        # The same for partial plates.
        self._partial, self._partial_alikes, self._partial_probable = PartialIndex(), PartialIndex(), PartialIndex()

    def __len__(self) -> int:
        """Entries added, counting one as often as it was."""
        return len(self._plates) + len(self._partial)

    def add(self, entries: Iterable[IndexedEntry]) -> None:
        """Take these in."""
        for number, plate, look_alike, by_probability in entries:
            partial = is_partial(plate)
            (self._partial if partial else self._plates).add(plate, number)
            if look_alike is not None:
                (self._partial_alikes if partial else self._look_alikes).add(look_alike, number)
            if by_probability:
                (self._partial_probable if partial else self._probable).add(plate, number)

    def likely(self, transits: Sequence[Transit]) -> dict[int, set[int]]:
        """By the place of a transit in the sequence: numbers of the entries that it may be, where there are any."""
        plates = [transit.plate for transit in transits]
        keys = list(map(look_alike_key, plates)) if self._look_alikes or self._partial_alikes else []
        maybe = self._plates.among(plates)
        if self._look_alikes:
            maybe += self._look_alikes.among(keys)
        if self._probable:
            maybe += self._probable.among_candidates(transits)
        found: dict[int, set[int]] = defaultdict(set)
        for known, place, text in maybe:
            if numbers := known.find(text):
                found[place].update(numbers)
        if self._partial:
            for place, number in self._partial_hits(transits, plates, keys):
                found[place].add(number)
        return found

    def _partial_hits(
        self, transits: Sequence[Transit], plates: Sequence[str], keys: Sequence[str]
    ) -> Iterable[tuple[int, int]]:
        yield from self._partial.among(plates)
        if self._partial_alikes:
            yield from self._partial_alikes.among(keys)
        if self._partial_probable:
            texts = [candidate.text for transit in transits for candidate in transit.candidates]
            ends = list(accumulate(len(transit.candidates) for transit in transits))
            for at, number in self._partial_probable.among(texts):
                yield bisect_right(ends, at), number


class _Texts:
    """Numbers by text: open addressing over the texts' 64-bit hashes; the texts themselves are not kept.

    Two texts with one hash are taken for the same: one in 10^13 look-ups among a million texts, and then the database
    says no. Numbers with the same text are chained, so that a plate with a thousand validities is no slower to pass by.
    """

    __slots__ = ("_hashes", "_mark_mask", "_marks", "_mask", "_next", "_numbers", "_slots", "_used")

    def __init__(self) -> None:
        self._used = 0
        self._make_room(_FIRST_SLOTS)
        # One place in each of these for every number: its text's hash, itself, and the place of the one before it
        # with the same text.
        self._hashes, self._numbers, self._next = array("q"), array("q"), array("i")

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, text: str, number: int) -> None:
        code = hash(text)
        slot = self._slot_of(code)
        before = self._slots[slot]
        self._slots[slot] = len(self._numbers)
        self._marks[code & self._mark_mask] = 1
        self._hashes.append(code)
        self._numbers.append(number)
        self._next.append(before)
        if before == _EMPTY:
            self._used += 1
            if self._used * _SLOTS_PER_TEXT > self._mask:
                self._grow()

    # The next two are what a transit nobody looks for costs: one byte is looked at for each text. They are loops of
    # their own because a call for each text would cost more than the look.

    def among(self, texts: Iterable[str]) -> list[tuple["_Texts", int, str]]:
        """Those of the texts that are worth a `find`, each with its place: all that are here, and few others."""
        marks, mask = self._marks, self._mark_mask
        return [(self, place, text) for place, text in enumerate(texts) if marks[hash(text) & mask]]

    def among_candidates(self, transits: Sequence[Transit]) -> list[tuple["_Texts", int, str]]:
        """The same for the transits' candidates."""
        marks, mask = self._marks, self._mark_mask
        return [
            (self, place, candidate.text)
            for place, transit in enumerate(transits)
            for candidate in transit.candidates
            if marks[hash(candidate.text) & mask]
        ]

    def find(self, text: str) -> list[int]:
        """All numbers with this text, the latest first."""
        slots, mask = self._slots, self._mask
        code = hash(text)
        slot = code & mask
        while (place := slots[slot]) != _EMPTY:
            if self._hashes[place] == code:
                return self._chain(place)
            slot = (slot + 1) & mask
        return []

    def _chain(self, place: int) -> list[int]:
        found = []
        while place != _EMPTY:
            found.append(self._numbers[place])
            place = self._next[place]
        return found

    def _slot_of(self, code: int) -> int:
        """Where the chain of this hash begins, or would."""
        slots, hashes, mask = self._slots, self._hashes, self._mask
        slot = code & mask
        while (place := slots[slot]) != _EMPTY and hashes[place] != code:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        chains = self._slots
        self._make_room(2 * len(chains))
        for place in chains:
            if place != _EMPTY:
                code = self._hashes[place]
                self._slots[self._slot_of(code)] = place
                self._marks[code & self._mark_mask] = 1

    def _make_room(self, slots: int) -> None:
        self._slots = array("i", [_EMPTY]) * slots
        self._mask = slots - 1
        self._marks = bytearray(_MARKS_PER_SLOT * slots)
        self._mark_mask = len(self._marks) - 1
