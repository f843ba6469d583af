# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusal of passwords that are tried first (OWASP ASVS 2.1.7): a list, and what people make of its words."""

import re
import unicodedata
from functools import cache
from pathlib import Path

_LIST = Path(__file__).resolve().parent / "vendor" / "common-passwords.txt"
_OF_HERE = frozenset(
    {"anpr", "targa", "targhe", "comune", "polizia", "polizialocale", "municipale", "vigili", "benvenuto"}
)
_LEAST_DIFFERENT = 5
_SWAPPED = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
_ROUND_IT = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_AGAIN_AND_AGAIN = re.compile(r"(.{1,8}?)\1+.{0,3}")


def is_common(password: str, user: str = "") -> bool:
    """Whether the password is on the list, or is a word of it with digits and signs around it or in its letters' place,
    or a pattern that repeats itself, or is made of the name of its `user`."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(set(folded)) < _LEAST_DIFFERENT or _AGAIN_AND_AGAIN.fullmatch(folded):
        return True
    known = _common() | _OF_HERE | {part for part in (user.casefold(), *re.split(r"[._@-]", user.casefold())) if part}
    forms = {folded, *_cores(folded), *_cores(folded.translate(_SWAPPED))}
    return not forms.isdisjoint(known) or "" in forms


def _cores(text: str) -> set[str]:
    """The text without digits and signs around it, as it is and with the signs that stand for letters read as those."""
    core = _ROUND_IT.sub("", text)
    return {core, core.translate(_SWAPPED), _ROUND_IT.sub("", core.translate(_SWAPPED))}


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").casefold().split())
