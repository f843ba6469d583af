# SPDX-License-Identifier: AGPL-3.0-or-later
"""Spelling of plates that people paste: letters of other alphabets, and full-width ones, that look like ours.

For what a person types and sees again. What a camera has read is never folded like this (`anpr.domain.plate`).
"""

from typing import NamedTuple

from anpr.domain.partial_plate import normalise_listed
from anpr.domain.plate import normalise

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# The same shape in capitals; small letters are made capital first.
_CYRILLIC = dict(zip("АВЕКМНОРСТУХІЅЈ", "ABEKMHOPCTYXISJ", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
_LATIN = _FULL_WIDTH | {ord(theirs): ord(ours) for theirs, ours in (_CYRILLIC | _GREEK).items()}


class SpelledPlate(NamedTuple):
    """A plate in its normal form, and whether letters of other alphabets were replaced by ours."""

    plate: str
    is_respelled: bool


def respell(text: str) -> SpelledPlate:
    """The plate that the text means. Raises PlateError when it is none."""
    latin, is_respelled = _in_our_letters(text)
    return SpelledPlate(normalise(latin), is_respelled)


def respell_listed(text: str) -> SpelledPlate:
    """The whole or partial plate of an entry that the text means. Raises PlateError when it is neither."""
    latin, is_respelled = _in_our_letters(text)
    return SpelledPlate(normalise_listed(latin), is_respelled)


def _in_our_letters(text: str) -> tuple[str, bool]:
    upper = text.upper()
    latin = upper.translate(_LATIN)
    return latin, latin != upper
