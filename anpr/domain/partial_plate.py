# SPDX-License-Identifier: AGPL-3.0-or-later
"""Partial plates as entries of lists: `AB12*`, `AB?23CD`. `*` stands for any number of signs, none too; `?` for one.

What a witness remembers. Such an entry is compared by the rule of its list, as a whole plate is (`Entry.fits`).
"""

import re

from anpr.domain.plate import MAX_LENGTH, PlateError, PlateFault, normalise, without_separators

MIN_KNOWN = 4
"""Letters and digits that a partial plate must name. Three are shared by hundreds of plates of a town's traffic on one
day: each would be an alarm, and the watch for one vehicle a watch on everybody."""
MAX_RUNS = 2
"""Of `*` in one partial plate."""
_WILD = re.compile(r"([*?])")
_RUNS = re.compile(r"\*[*?]*")
_SQL_LIKE = str.maketrans({"*": "%", "?": "_"})


def is_partial(plate: str) -> bool:
    """Whether an entry's plate is a partial one."""
    return "*" in plate or "?" in plate


def normalise_listed(text: str) -> str:
    """A whole plate in its normal form, or a partial one: each known sign in its normal form, `?` before `*`.

    Raises PlateError for what is neither, also a partial plate that names fewer than MIN_KNOWN signs or has more than
    MAX_RUNS of `*`.
    """
    if not is_partial(text):
        return normalise(text)
    parts = [part if _WILD.fullmatch(part) else _known(part) for part in _WILD.split(without_separators(text))]
    pattern = _RUNS.sub(lambda run: "?" * run[0].count("?") + "*", "".join(parts))
    known = known_signs(pattern)
    if known < MIN_KNOWN:
        detail = f"a partial plate names at least {MIN_KNOWN} letters or digits, not {known}: it would match too many"
        raise PlateError(PlateFault.TOO_OPEN, detail)
    if pattern.count("*") > MAX_RUNS:
        detail = f"a partial plate has at most {MAX_RUNS} times *, this one has {pattern.count('*')}"
        raise PlateError(PlateFault.TOO_OPEN, detail)
    if len(pattern.replace("*", "")) > MAX_LENGTH:
        detail = f"a plate has at most {MAX_LENGTH} characters, this one names {len(pattern.replace('*', ''))}"
        raise PlateError(PlateFault.TOO_LONG, detail)
    return pattern


def known_signs(pattern: str) -> int:
    """How many letters and digits it names."""
    return len(_WILD.sub("", pattern))


def fits(plate: str, pattern: str) -> bool:
    """Whether the plate (in its normal form) is one that the pattern stands for."""
    # By hand, as there are as many patterns as entries: to compile an expression takes longer than many a comparison.
    head, *others = pattern.split("*")
    if not others:
        return len(plate) == len(head) and _is_like(plate, head)
    *middle, tail = others
    begin, end = len(head), len(plate) - len(tail)
    if begin > end or not (_is_like(plate[:begin], head) and _is_like(plate[end:], tail)):
        return False
    for part in middle:
        starts = range(begin, end - len(part) + 1)
        first = next((at for at in starts if _is_like(plate[at : at + len(part)], part)), None)
        if first is None:
            return False
        begin = first + len(part)
    return True


def stands_for(listed: str, plate: str) -> bool:
    """Whether the plate (in its normal form) is what is listed, whole or partial."""
    return fits(plate, listed) if is_partial(listed) else plate == listed


def sql_like(pattern: str) -> str:
    """The pattern as LIKE takes it; no plate holds a sign that LIKE would take for another."""
    return pattern.translate(_SQL_LIKE)


def _is_like(signs: str, part: str) -> bool:
    """Whether the signs, as many as the part has, are those that it names."""
    return signs == part or all(known in (sign, "?") for sign, known in zip(signs, part, strict=True))


def _known(part: str) -> str:
    return normalise(part) if part else ""
