# SPDX-License-Identifier: AGPL-3.0-or-later
"""Types of everything that comes in an address or a form: what they let through, the database can take.

PostgreSQL refuses NUL in a text and numbers beyond 64 bits, and control characters have no business in names and
reasons. What is refused here is answered with 400, before anything looks at it.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

_LINE_BREAKS = "\n\r\t"
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Invisible signs that turn the order of letters round: a name, or half of a page, reads as another one."""


def has_controls(text: str, allowed: str = "") -> bool:
    """Whether the text has control characters (also of C1, and those of direction), or halves of a character, besides
    the `allowed` ones."""
    return any((unicodedata.category(sign) in ("Cc", "Cs") or sign in _BIDI) and sign not in allowed for sign in text)


def without_controls(text: str) -> str:
    """The text as it can be stored and shown: the replacement character in place of each control character."""
    return "".join("\N{REPLACEMENT CHARACTER}" if has_controls(sign) else sign for sign in text)


def _of_one_line(text: str) -> str:
    if has_controls(text):
        raise ValueError("control characters")
    return text


def _of_lines(text: str) -> str:
    if has_controls(text, _LINE_BREAKS):
        raise ValueError("control characters")
    return text


Line = Annotated[str, AfterValidator(_of_one_line)]
"""A text of one line."""

Lines = Annotated[str, AfterValidator(_of_lines)]
"""A text that may have line breaks."""

Whole = Annotated[int, Field(ge=0, lt=2**63)]
"""A number or an id, as wide as the database's."""
