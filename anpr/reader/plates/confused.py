# SPDX-License-Identifier: AGPL-3.0-or-later
"""Known confusions: where the second reader often errs, its reading is no evidence against the first (pure).

PP-OCR reads one Italian G in seven as C (13 of 86 on drawn plates): where the first reader saw a G, a C of the second
says nothing. docs/benchmarks.md, "Second opinion" and "Level crops", has what was counted.
"""

from collections.abc import Sequence

from anpr.domain.read import Candidate

CONFUSED = frozenset({("G", "C")})
"""(what the first reader saw, what the second gives for it)."""


def forgiven(second: Sequence[Candidate], first: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The second's candidates with its known confusions undone after the first's best text, best first.

    Texts that become the same are one, with the sum of their probabilities.
    """
    best = next((candidate.text for candidate in first if candidate.text), "")
    shares: dict[str, float] = {}
    for candidate in second:
        text = _undone(candidate.text, best)
        shares[text] = shares.get(text, 0.0) + candidate.probability
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return tuple(Candidate(text=text, probability=min(1.0, share)) for text, share in ranked)


def _undone(text: str, best: str) -> str:
    if len(text) != len(best):
        return text
    return "".join(first if (first, second) in CONFUSED else second for first, second in zip(best, text, strict=True))
