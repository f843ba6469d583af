# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calibration of text probabilities by temperature and doubt (temperature: Guo et al. 2017, here on texts)."""

from collections.abc import Sequence

from anpr.domain.read import Candidate
from anpr.reader.network.model_card import Calibration

_LEFT_AT_LEAST = 1e-4
"""Of the texts not named: a network that claims certainty is not."""


def calibrated(candidates: Sequence[Candidate], how: Calibration) -> tuple[Candidate, ...]:
    """The same texts in the same order. What the candidates leave open counts as one more text."""
    left = max(_LEFT_AT_LEAST, 1.0 - sum(c.probability for c in candidates))
    softened = [c.probability ** (1 / how.temperature) for c in candidates]
    scale = (1.0 - how.doubt) / (sum(softened) + left ** (1 / how.temperature))
    return tuple(
        Candidate(text=c.text, probability=share * scale) for c, share in zip(candidates, softened, strict=True)
    )
