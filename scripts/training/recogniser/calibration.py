# SPDX-License-Identifier: AGPL-3.0-or-later
"""Maximum-likelihood fit of temperature and doubt, so that a recogniser's probabilities hold."""

from collections.abc import Sequence
from itertools import product
from math import log

from anpr.domain.grammar.rerank import weigh
from anpr.reader.network.model_card import Calibration
from anpr.reader.plates.second_opinion import evidence_of
from anpr.reader.recognise import Reading
from anpr.reader.recognise.calibrate import calibrated
from scripts.training.recogniser.evaluation import Question

TEMPERATURES = tuple(round(0.8 + 0.1 * step, 1) for step in range(13))
DOUBTS = (0.0, 0.02, 0.05, 0.07, 0.1, 0.15)
_CLIP = 1e-4

Judged = tuple[float, bool]
"""What was stated, and whether it was right."""


def judged(answers: Sequence[tuple[Question, Reading]], how: Calibration) -> list[Judged]:
    """Each uncalibrated reading as the reader would state it, formats weighed."""
    made = []
    for question, reading in answers:
        weighed = weigh(calibrated(reading.candidates, how), evidence_of(reading))
        best = next((c for c in weighed if c.text), None)
        made.append((best.probability if best else 0.0, bool(best) and best is not None and best.text == question.text))
    return made


def surprise(made: Sequence[Judged]) -> float:
    """Mean negative log-likelihood of what came true, in nats."""
    stated = ((min(max(p, _CLIP), 1 - _CLIP), right) for p, right in made)
    return -sum(log(p if right else 1 - p) for p, right in stated) / max(len(made), 1)


def fitted(answers: Sequence[tuple[Question, Reading]]) -> Calibration:
    """The best of the grid."""
    grid = (Calibration(temperature=t, doubt=d) for t, d in product(TEMPERATURES, DOUBTS))
    return min(grid, key=lambda how: surprise(judged(answers, how)))
