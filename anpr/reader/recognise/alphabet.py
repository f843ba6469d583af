# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alphabet of plates, and its folding from a recogniser's own character set."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PLATE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ"
"""What may stand on a plate, in the order of a lattice's columns; column 0 of a lattice is the blank."""

_GAPS = frozenset(" -–—_.·•・:;,'`´\"*|/\\。，、‐−°˙")
"""Printed or seen between the groups of a plate: they end a character and are none."""

# Characters of other scripts that a reader of many languages gives for a Latin letter of the same shape.
_SAME_SHAPE = {
    "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y",
    "Х": "X", "Ѕ": "S", "І": "I", "Ј": "J",
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P",
    "Τ": "T", "Υ": "Y", "Χ": "X",
    "口": "0", "〇": "0", "○": "0", "Ø": "0", "Ó": "O", "Ò": "O", "Ô": "O", "Õ": "O", "工": "I", "丨": "1", "Í": "I",
    "Ì": "I", "Î": "I", "İ": "I", "!": "1", "É": "E", "È": "E", "Ê": "E", "Ë": "E", "Á": "A", "À": "A",
    "Â": "A", "Ã": "A", "Å": "A", "Ú": "U", "Ù": "U", "Û": "U", "Ñ": "N", "Ç": "C", "Š": "S", "Ž": "Z", "Ś": "S",
    "Ż": "Z", "Ź": "Z", "Ğ": "G", "Ş": "S", "$": "S", "£": "E", "€": "C",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Folding:
    """How the columns of a recogniser's output add up to the columns of a lattice (blank, then PLATE_CHARACTERS)."""

    sources: npt.NDArray[np.intp]
    """Columns of the output that count, grouped by the lattice column they add to."""
    starts: npt.NDArray[np.intp]
    """Where each group begins in `sources`; one for each lattice column."""
    gaps: npt.NDArray[np.intp]
    """Columns of the output that stand for a gap between the groups of a plate."""

    def fold(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(steps, characters) probabilities as (steps, 1 + len(PLATE_CHARACTERS)).

        A row sums to less than one where the recogniser saw a character that no plate carries.
        """
        folded: npt.NDArray[np.float32] = np.add.reduceat(output[:, self.sources], self.starts, axis=1)
        return folded

    def gap(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(steps, characters) probabilities as the probability of a gap at each step, (steps,)."""
        summed: npt.NDArray[np.float32] = output[:, self.gaps].sum(axis=1)
        return summed


def folding(characters: Sequence[str]) -> Folding:
    """The folding for an output whose column 0 is the blank and column i + 1 is `characters[i]`."""
    groups: list[list[int]] = [[0]] + [[] for _ in PLATE_CHARACTERS]
    for index, character in enumerate(characters, start=1):
        plain = plate_character(character)
        if plain is not None:
            groups[PLATE_CHARACTERS.index(plain) + 1 if plain else 0].append(index)
    missing = [plain for plain, group in zip(PLATE_CHARACTERS, groups[1:], strict=True) if not group]
    if missing:
        raise ValueError(f"the recogniser has no character for {' '.join(missing)}")
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    return Folding(
        sources=np.array([i for group in groups for i in group], np.intp),
        starts=starts.astype(np.intp),
        gaps=np.array(groups[0][1:], np.intp),
    )


def plate_character(character: str) -> str | None:
    """The plate character a character stands for, "" for a gap, None for anything else.

    Lower case, full width and encircled forms count as their capital; letters of other scripts by their shape.
    """
    if not character or character in _GAPS or character.isspace():
        return ""
    plain = unicodedata.normalize("NFKC", character).upper()
    plain = _SAME_SHAPE.get(plain, plain)
    return plain if len(plain) == 1 and plain in PLATE_CHARACTERS else None
