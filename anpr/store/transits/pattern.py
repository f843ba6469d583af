# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate patterns as people type them: text with `*` (any run) and `?` (one character)."""

import re
from dataclasses import dataclass

from anpr.domain.errors import InputError
from anpr.domain.plate import MAX_LENGTH, look_alike_key, normalise

MIN_LITERALS = 2
_WILD = re.compile(r"([*?])")
_LIKE = str.maketrans({"*": "%", "?": "_"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """`text` is a plate in its normal form, or what LIKE takes; `look_alike_text` the same, folded."""

    text: str
    look_alike_text: str
    is_wildcard: bool


def read_pattern(typed: str) -> Pattern:
    """The pattern somebody typed. Raises InputError, saying why, when it cannot be searched.

    At least two letters or digits are asked for: fewer would return a good part of all traffic, which is surveillance
    without a subject, and no index could help.
    """
    parts = [part if _WILD.fullmatch(part) else _literal(part) for part in _WILD.split(typed.strip())]
    text = "".join(parts)
    literals = len(_WILD.sub("", text))
    if not text:
        raise InputError("plate: nothing to search for")
    if literals < MIN_LITERALS:
        raise InputError(f"plate {typed.strip()!r}: at least {MIN_LITERALS} letters or digits besides * and ?")
    if literals > MAX_LENGTH or len(text) > 2 * MAX_LENGTH + 1:
        raise InputError(f"plate: at most {MAX_LENGTH} letters or digits can be searched")
    like = text.translate(_LIKE)
    return Pattern(text=like, look_alike_text=look_alike_key(like), is_wildcard=like != text)


def _literal(part: str) -> str:
    if not part.strip(" -_.·•:/\t"):
        return ""
    try:
        return normalise(part)
    except ValueError as exc:
        raise InputError(f"plate {part!r}: {exc}") from exc
