# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rule for reasons of a consultation (D.Lgs. 51/2018 art. 21): one that says nothing is none.

The same for the console and the command line. What counts are letters, whatever the script, after compatibility
composition (NFKC) and without format characters: dots, digits and characters that nobody sees are no reason.
"""

import unicodedata

from anpr.domain.errors import InputError

MIN_LETTERS = 5
"""As many as the shortest words that say something: furto, prova, arma da fuoco."""
MAX_REASON = 200


def plain_reason(text: str) -> str:
    """The reason without format characters, and without space around it."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()


def is_reason(text: str) -> bool:
    """Whether the text says something."""
    normal = unicodedata.normalize("NFKC", plain_reason(text))
    return sum(sign.isalpha() for sign in normal) >= MIN_LETTERS


def check_reason(text: str) -> str:
    """The plain reason. Raises InputError for one that is missing, says nothing, or is too long."""
    plain = plain_reason(text)
    if not is_reason(plain):
        raise InputError(f"reason: one is required, of at least {MIN_LETTERS} letters (D.Lgs. 51/2018 art. 21)")
    if len(plain) > MAX_REASON:
        raise InputError(f"reason: at most {MAX_REASON} characters")
    return plain
