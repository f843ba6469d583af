# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate patterns as people type them: text with `*` (any run) and `?` (one character)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from anpr.domain.errors import InputError
from anpr.domain.plate import MAX_LENGTH, PlateError, PlateFault, look_alike_key, normalise, without_separators

MIN_LITERALS = 2
_WILD = re.compile(r"([*?])")
_LIKE = str.maketrans({"*": "%", "?": "_"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """`text` is a plate in its normal form, or what LIKE takes; `look_alike_text` the same, folded."""

    text: str
    look_alike_text: str
    is_wildcard: bool


class PatternFault(StrEnum):
    """Why a pattern cannot be searched."""

    EMPTY = "empty"
    TOO_FEW = "too-few"
    TOO_LONG = "too-long"
    FOREIGN_CHARACTER = "foreign-character"


class PatternError(InputError):
    """A pattern that cannot be searched; `character` is the first that no plate carries, where that is the fault."""

    def __init__(self, fault: PatternFault, detail: str, character: str = "") -> None:
        super().__init__(detail)
        self.fault = fault
        self.character = character


def read_pattern(typed: str) -> Pattern:
    """The pattern somebody typed. Raises PatternError when it cannot be searched.

    At least two letters or digits are asked for: fewer would return a good part of all traffic, which is surveillance
    without a subject, and no index could help.
    """
    plain = without_separators(typed).replace("…", "*")
    parts = [part if _WILD.fullmatch(part) else _literal(part) for part in _WILD.split(plain)]
    text = "".join(parts)
    literals = len(_WILD.sub("", text))
    if not text:
        raise PatternError(PatternFault.EMPTY, "plate: nothing to search for")
    if literals < MIN_LITERALS:
        detail = f"plate {typed.strip()!r}: at least {MIN_LITERALS} letters or digits besides * and ?"
        raise PatternError(PatternFault.TOO_FEW, detail)
    if literals > MAX_LENGTH or len(text) > 2 * MAX_LENGTH + 1:
        raise PatternError(PatternFault.TOO_LONG, f"plate: at most {MAX_LENGTH} letters or digits can be searched")
    like = text.translate(_LIKE)
    return Pattern(text=like, look_alike_text=look_alike_key(like), is_wildcard=like != text)


def _literal(part: str) -> str:
    if not part:
        return ""
    try:
        return normalise(part)
    except PlateError as exc:
        too_long = exc.fault is PlateFault.TOO_LONG
        fault = PatternFault.TOO_LONG if too_long else PatternFault.FOREIGN_CHARACTER
        raise PatternError(fault, f"plate {part!r}: {exc}", exc.character) from exc
