# SPDX-License-Identifier: AGPL-3.0-or-later
"""Log-linear pooling of two readers' candidates (Genest and Zidek 1986). Pure.

The weighed geometric mean of two probabilities lets each reader veto what it holds impossible, where their mean would
keep the confident mistakes of both.
"""

from collections.abc import Sequence

from anpr.domain.read import Candidate
from anpr.domain.similarity import edit_distance

_LEAST = 1e-4
"""No reader may say that a text is impossible, or that it named all there are."""
_PER_EDIT = 0.05
"""The share of a reader's doubt that goes to a text one edit away from its best, as in a vote."""


def pooled(first: Sequence[Candidate], second: Sequence[Candidate], weight: float) -> tuple[Candidate, ...]:
    """The texts that either names, best first. `weight` is the second's, 0 to 1; what neither names keeps its part."""
    one, two = _Opinion(first), _Opinion(second)
    shares = {
        text: one.of(text) ** (1 - weight) * two.of(text) ** weight for text in dict.fromkeys([*one.texts, *two.texts])
    }
    total = sum(shares.values()) + one.rest ** (1 - weight) * two.rest**weight
    best = sorted(shares.items(), key=lambda item: -item[1])
    return tuple(Candidate(text=text, probability=share / total) for text, share in best)


class _Opinion:
    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.texts = {c.text: c.probability for c in candidates if c.text}
        self.rest = max(_LEAST, 1.0 - sum(self.texts.values()))
        self._best = max(self.texts, key=self.texts.__getitem__, default="")

    def of(self, text: str) -> float:
        """As listed, else a share of the doubt."""
        listed = self.texts.get(text)
        if listed is None:
            listed = self.rest * _PER_EDIT ** edit_distance(text, self._best)
        return max(listed, _LEAST)
