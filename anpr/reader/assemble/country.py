"""The country of a plate by all reads of it: gaps and bands that one frame shows in doubt, many show surely. Pure."""

import math
from collections.abc import Mapping, Sequence

from anpr.domain.grammar.rerank import countries

_FLOOR = 1e-4
"""No single read may say that a country is impossible."""
_ELSEWHERE = ""
"""Stands for the countries that are not in our table."""

Shares = Mapping[str, float]
"""By country, how probable it is; what is missing to 1 is none that we know."""


def common_countries(plate: str, seen: Sequence[tuple[float, Shares]], looks: float) -> Shares:
    """How probable each country is for `plate`, likeliest first, by reads that say so with a weight each.

    `looks` of the reads count as independent. What the text alone says is in each of them and counts once. Empty
    where the plate has no country's format.
    """
    by_text = _whole(countries(plate))
    if not seen or len(by_text) == 1:
        return {}
    told = [(weight, _whole(shares)) for weight, shares in seen]
    total = sum(weight for weight, _ in told)

    def score(code: str, share: float) -> float:
        by_look = sum(weight * math.log(max(shares.get(code, 0.0), _FLOOR) / share) for weight, shares in told)
        return math.log(share) + looks * by_look / total

    scores = {code: score(code, share) for code, share in by_text.items()}
    highest = max(scores.values())
    masses = {code: math.exp(score - highest) for code, score in scores.items()}
    whole = sum(masses.values())
    found = {code: mass / whole for code, mass in masses.items() if code != _ELSEWHERE}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _whole(shares: Shares) -> dict[str, float]:
    """The shares with what is missing to 1."""
    return {**shares, _ELSEWHERE: max(_FLOOR, 1.0 - sum(shares.values()))}
