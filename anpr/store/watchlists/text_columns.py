# SPDX-License-Identifier: AGPL-3.0-or-later
"""Structure of arrays over many texts of one length: the signs at some places of all of them are hashed at once.

A column is one integer with a lane of 16 bits for each text, so that a hash of all texts takes a few multiplications
in place of a loop. The hashes come as one string, a character for each text, in which a regular expression finds those
that are looked for.
"""

from collections.abc import Sequence
from functools import cache

MOST_PLACES = 4
"""Of one hash: four codes make less than 0xD800, where UTF-16 has characters of two lanes."""
_CODES = 15
"""Codes that signs are folded to; two signs may share one, so a hash says only where a look is worth while."""
_CODE_OF = bytes(sign % _CODES for sign in range(256))


def hash_of(signs: Sequence[str]) -> str:
    """The hash of at most MOST_PLACES signs, one character; the same as of a text that has them at the places asked."""
    code = 0
    for coded in _coded("".join(signs)):
        code = code * _CODES + coded
    return chr(code)


def different_hashes(places: int) -> int:
    """How many there are for so many places."""
    return int(_CODES**places)


class TextColumns:
    """Texts that all have this length, 1 or more."""

    def __init__(self, texts: Sequence[str], length: int) -> None:
        coded = _coded("".join(texts))
        self._number = len(texts)
        self._column = cache(lambda place: _lanes(coded[place % length :: length]))

    def hashes(self, places: Sequence[int]) -> str:
        """A character for each text: the hash of its signs at these places, of which negative ones count from the end.

        The places lie within the texts, and are at most MOST_PLACES.
        """
        total = 0
        for place in places:
            total = total * _CODES + self._column(place)
        return total.to_bytes(2 * self._number, "little").decode("utf-16-le")


def _coded(text: str) -> bytes:
    return text.encode("latin-1", "replace").translate(_CODE_OF)


def _lanes(codes: bytes) -> int:
    return int.from_bytes(codes.decode("latin-1").encode("utf-16-le"), "little")
