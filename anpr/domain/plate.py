# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate text: normalisation, and the key that look-alike plates share."""

import re
import unicodedata
from enum import StrEnum

MAX_LENGTH = 16
"""Characters. The longest plate we store; POLIZIAH1234 has 12."""

# Besides those on a keyboard: the hyphens, dashes and the minus that word processors write, and signs without a width,
# which copying from a page or a letter brings along.
_SEPARATORS = re.compile(
    r"[\s\-_.·•:/\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe58\ufe63\uff0d\ufeff]+"
)
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


class PlateFault(StrEnum):
    """Why a text is no plate."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    FOREIGN_CHARACTER = "foreign-character"
    TOO_OPEN = "too-open"
    """A partial plate that would match too many."""


class PlateError(ValueError):
    """A text that is no plate; `character` is the first one that no plate carries, where that is the fault."""

    def __init__(self, fault: PlateFault, detail: str, character: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.character = character


def normalise(text: str) -> str:
    """The plate as it is stored and compared: upper case, composed (Unicode NFC), without separators.

    Letters of other alphabets that look like ours are no part of it: taken for ours they would change what was written.
    Raises PlateError (a ValueError) when nothing is left, when it is longer than MAX_LENGTH, or holds a character that
    no plate carries.
    """
    if len(text) <= MAX_LENGTH and _ALPHABET.fullmatch(text):  # nearly always: each transit that is read or stored
        return text
    plate = without_separators(text).upper()
    if not plate:
        raise PlateError(PlateFault.EMPTY, "a plate needs at least one letter or digit")
    foreign = _ALPHABET.sub("", plate)[:1]
    if foreign:
        detail = f"a plate holds only letters A-Z, Ä, Ö, Ü and digits, not {describe_character(foreign)}"
        raise PlateError(PlateFault.FOREIGN_CHARACTER, detail, foreign)
    if len(plate) > MAX_LENGTH:
        detail = f"a plate has at most {MAX_LENGTH} characters, this one has {len(plate)}"
        raise PlateError(PlateFault.TOO_LONG, detail)
    return plate


def without_separators(text: str) -> str:
    """The text composed (Unicode NFC), without spaces, dashes and signs that have no width."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFC", text))


def describe_character(character: str) -> str:
    """The character and its official name, since many look alike: `'А' (CYRILLIC CAPITAL LETTER A, U+0410)`."""
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{character!r} ({name}, {code})" if name else f"{character!r} ({code})"


def look_alike_key(plate: str) -> str:
    """The key shared by all plates that look alike: `AB123CD` and `A8I23CO` have the same one."""
    return plate.translate(_FOLD)


def is_one_sign_away(one: str, other: str) -> bool:
    """Whether the two plates differ in one sign alone, and that in one which cameras and people confuse."""
    if len(one) != len(other) or look_alike_key(one) != look_alike_key(other):
        return False
    return sum(sign != its for sign, its in zip(one, other, strict=True)) == 1
