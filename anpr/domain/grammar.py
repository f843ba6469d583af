"""National plate formats as weights: they help to choose between what was seen, and never make up what was not."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from anpr.domain.formats import CLASSES, FORMATS, PROVINCES
from anpr.domain.read import Candidate

UNKNOWN = 0.03
"""Weight of a text that fits no format we know: the world has more plates than our table.

Of 2664 plates of 30 countries 96 % fit one of FORMATS. From 0.1 down to 0.02 the reads of 273 crops kept apart from
training go from .897 to .905 right; with 0.1 a 1 read as I on a British plate stays undecided over 140 frames.
"""

_SHAPE = re.compile(r"(?=.*[0-9])[0-9A-ZÄÖÜ]{3,9}")
_NO_PLATE = 0.01
"""Weight of a text that can be no plate at all: fewer than 3 or more than 9 signs, or no figure."""


def weight(text: str) -> float:
    """How much more probable this text is as a plate than its letters alone say, 0 to 1."""
    known = max((share for share, _ in _fitting(text)), default=0.0)
    if known:
        return known
    return UNKNOWN if _SHAPE.fullmatch(text) else _NO_PLATE


def weigh(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates with their probabilities weighed by the formats they fit, best first.

    Texts are never changed, added or left out. The probability that they leave open (their sum is below 1) is taken
    for texts of no known format, so that one poor candidate does not become certain for want of others.
    """
    weighed = [(c.text, c.probability * weight(c.text)) for c in candidates]
    open_ = max(0.0, 1.0 - sum(c.probability for c in candidates)) * UNKNOWN
    total = sum(mass for _, mass in weighed) + open_
    if total <= 0.0:
        return tuple(candidates)
    best = sorted(weighed, key=lambda item: -item[1])
    return tuple(Candidate(text=text, probability=min(1.0, mass / total)) for text, mass in best)


def countries(text: str) -> tuple[str, ...]:
    """The countries whose formats the text fits, likeliest first; often more than one."""
    best: dict[str, float] = {}
    for share, country in _fitting(text):
        best[country] = max(best.get(country, 0.0), share)
    return tuple(sorted(best, key=lambda country: -best[country]))


def country(text: str) -> str | None:
    """The one country whose format the text fits; None when it fits none, or several: AA000AA is Italian or French."""
    fitting = countries(text)
    return fitting[0] if len(fitting) == 1 else None


@lru_cache(maxsize=4096)
def _fitting(text: str) -> tuple[tuple[float, str], ...]:
    return tuple((share, name) for expression, share, name in _expressions() if expression.fullmatch(text))


@cache
def _expressions() -> tuple[tuple[re.Pattern[str], float, str], ...]:
    return tuple(
        (re.compile("|".join(_expression(pattern) for pattern in form.patterns)), form.weight, form.country)
        for form in FORMATS
    )


def _expression(pattern: str) -> str:
    provinces = "|".join(PROVINCES.split())
    spelled = "".join(f"[{CLASSES[sign]}]" if sign in CLASSES else sign for sign in pattern.replace("<prov>", "\0"))
    return spelled.replace("\0", f"(?:{provinces})")
