# SPDX-License-Identifier: AGPL-3.0-or-later
"""Country of a plate, pooled over all its reads: evidence that is weak in one frame adds up over many. Pure."""

import math
from collections.abc import Mapping, Sequence

from anpr.domain.grammar.rerank import countries

_FLOOR = 1e-4
"""No single read may say that a country is impossible."""
_ELSEWHERE = ""
"""Stands for the countries that are not in our table."""

Shares = Mapping[str, float]
"""Probability by country code; what is missing to 1 is a country that is not in our table."""


def common_countries(plate: str, seen: Sequence[tuple[float, Shares]], independent: float) -> Shares:
    """Probability of each country for `plate`, likeliest first. `seen` holds a weight and the shares of each read.

    `independent` is how many of the reads count as independent. What the text alone says is in each of them and counts
    once. Empty where the plate has no country's format.
    """
    by_text = _whole(countries(plate))
    if not seen or len(by_text) == 1:
        return {}
    pooled = [(weight, _whole(shares)) for weight, shares in seen]
    total = sum(weight for weight, _ in pooled)

    def score(code: str, share: float) -> float:
        by_read = sum(weight * math.log(max(shares.get(code, 0.0), _FLOOR) / share) for weight, shares in pooled)
        return math.log(share) + independent * by_read / total

    scores = {code: score(code, share) for code, share in by_text.items()}
    highest = max(scores.values())
    masses = {code: math.exp(score - highest) for code, score in scores.items()}
    whole = sum(masses.values())
    found = {code: mass / whole for code, mass in masses.items() if code != _ELSEWHERE}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _whole(shares: Shares) -> dict[str, float]:
    """The shares with what is missing to 1."""
    return {**shares, _ELSEWHERE: max(_FLOOR, 1.0 - sum(shares.values()))}
