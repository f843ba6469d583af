# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evaluation of a recogniser on crops, read as the reader does: two looks, formats weighed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from anpr.capture.image_file import Image, read_image
from anpr.domain.plate import look_alike_key
from anpr.reader.plates.plate_reader import weighed
from anpr.reader.recognise import Recogniser
from scripts.training.recogniser.data.augment import as_seen
from scripts.training.recogniser.data.drawn import draw_set
from scripts.training.recogniser.data.samples import Crop, from_drawn

DRAWN_SEED = 404
"""Not the training's: no plate of the exam was drawn for it."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """An image, and what it shows."""

    image: Image
    text: str
    lines: int
    country: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a recogniser made of one question."""

    question: Question
    read: str
    confidence: float
    ms: float

    @property
    def strict(self) -> bool:
        """Exactly its text."""
        return self.read == self.question.text

    @property
    def folded(self) -> bool:
        """Its text, when characters that look alike count as the same."""
        return look_alike_key(self.read) == look_alike_key(self.question.text)


def real_questions(crops: Sequence[Crop]) -> list[Question]:
    """Labelled crops as they are."""
    return [
        Question(image=read_image(crop.path), text=crop.text, lines=crop.lines, country=crop.country) for crop in crops
    ]


def drawn_questions(work: Path, count: int) -> list[Question]:
    """Drawn Italian plates as a camera would see them, the same each time; `country` is the kind of plate."""
    return [
        Question(image=as_seen(crop, np.random.default_rng((DRAWN_SEED, number))), text=crop.text, lines=crop.lines,
                 country=crop.country)
        for number, crop in enumerate(italian_crops(work, 2 * count)[:count])
    ]  # fmt: skip


def italian_crops(work: Path, count: int) -> list[Crop]:
    """The Italian ones, a good half, of `count` drawn plates that no training saw, as they are painted."""
    plates = draw_set(work, count, DRAWN_SEED, lambda _: None, shard=50)
    return [crop for crop in from_drawn(plates) if crop.country.startswith("it_")]


def examine(recogniser: Recogniser, questions: Sequence[Question]) -> list[Mark]:
    """Every question read once."""
    return [_mark(recogniser, question) for question in questions]


def _mark(recogniser: Recogniser, question: Question) -> Mark:
    began = perf_counter()
    reading = recogniser.recognise(question.image)
    candidates = weighed(reading)
    ms = (perf_counter() - began) * 1000
    best = candidates[0] if candidates else None
    return Mark(question=question, read=best.text if best else "", confidence=best.probability if best else 0.0, ms=ms)
