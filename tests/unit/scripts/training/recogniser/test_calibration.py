# SPDX-License-Identifier: AGPL-3.0-or-later
"""Temperature and doubt are found where claims are wrong, and left alone where they are right."""

import random

import numpy as np

from anpr.domain.read import Candidate
from anpr.reader.network.model_card import Calibration
from anpr.reader.recognise import Reading
from scripts.training.recogniser.calibration import fitted, judged, surprise
from scripts.training.recogniser.evaluation import Question


def answer(claimed: float, right: bool) -> tuple[Question, Reading]:
    text, other = "AB123CD", "AB123CC"
    question = Question(image=np.zeros((1, 1, 3), np.uint8), text=text if right else other, lines=1, country="IT")
    candidates = (Candidate(text=text, probability=claimed), Candidate(text=other, probability=0.999 - claimed))
    return question, Reading(raw=text, confidence=claimed, positions=(), candidates=candidates)


def answers(claimed: float, share_right: float) -> list[tuple[Question, Reading]]:
    chance = random.Random(7)
    return [answer(claimed, chance.random() < share_right) for _ in range(200)]


def test_claims_that_are_too_high_are_cooled() -> None:
    boasting = answers(0.98, 0.85)

    how = fitted(boasting)

    assert how.temperature > 1.2
    assert surprise(judged(boasting, how)) < surprise(judged(boasting, Calibration())) - 0.05


def test_claims_that_hold_are_left() -> None:
    assert 0.9 <= fitted(answers(0.95, 0.95)).temperature <= 1.2


def test_nothing_read_is_stated_with_nothing() -> None:
    question, reading = answer(0.9, True)

    assert judged([(question, Reading(raw="", confidence=0.0, positions=(), candidates=()))], Calibration()) == [
        (0.0, False)
    ]
    assert judged([(question, reading)], Calibration())[0][1]
