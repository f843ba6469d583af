# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate text: normalisation, and the key that look-alike plates share."""

import re

MAX_LENGTH = 16
"""Characters. The longest plate we store; POLIZIAH1234 has 12."""

_SEPARATORS = re.compile(r"[\s\-_.·•:/]+")
_ALPHABET = re.compile(r"[0-9A-ZÄÖÜ]+")

# Pairs that cameras and people confuse; each group folds to its first member. The confusable pairs reported
# by users of open readers are O/0, I/1, B/8, G/C (docs/domain.md); D and Q look like 0 on worn plates.
_LOOK_ALIKES = {
    "O": "0",
    "Q": "0",
    "D": "0",
    "I": "1",
    "B": "8",
    "G": "C",
    "S": "5",
    "Z": "2",
    "Ä": "A",
    "Ö": "0",
    "Ü": "U",
}
_FOLD = str.maketrans(_LOOK_ALIKES)
DIGITS_LIKE_LETTERS = frozenset(character for character in _LOOK_ALIKES.values() if character.isdigit())
"""0, 1, 2, 5, 8: the digits that a word on a car or a wall may seem to hold."""


def normalise(text: str) -> str:
    """The plate as it is stored and compared: upper case, without separators.

    Raises ValueError when nothing is left, when it is longer than MAX_LENGTH, or holds a character that no plate
    carries.
    """
    if len(text) <= MAX_LENGTH and _ALPHABET.fullmatch(text):  # nearly always: each transit that is read or stored
        return text
    plate = _SEPARATORS.sub("", text).upper()
    if not plate:
        raise ValueError("a plate needs at least one letter or digit")
    if len(plate) > MAX_LENGTH:
        raise ValueError(f"a plate has at most {MAX_LENGTH} characters, this one has {len(plate)}")
    if not _ALPHABET.fullmatch(plate):
        raise ValueError("a plate holds only letters A-Z, Ä, Ö, Ü and digits")
    return plate


def look_alike_key(plate: str) -> str:
    """The key shared by all plates that look alike: `AB123CD` and `A8I23CO` have the same one."""
    return plate.translate(_FOLD)
