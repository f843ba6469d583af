# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking another recogniser: late, wrong, or with an answer."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.errors import ModelError
from anpr.domain.read import Candidate
from anpr.domain.reasons import Asked
from anpr.reader.plates.second_opinion import SecondOpinion, build_second_opinion
from anpr.reader.recognise import Reading, Recogniser
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings, SecondOpinionSettings

PLATE = np.zeros((40, 180, 3), np.uint8)
DOUBTFUL = (Candidate(text="AB123CO", probability=0.5), Candidate(text="AB123CD", probability=0.4))


class Says:
    """A recogniser that sees this text, once it is let."""

    def __init__(self, text: str, let: threading.Event | None = None) -> None:
        self._text = text
        self._let = let

    def recognise(self, _: Image) -> Reading:
        if self._let is not None:
            assert self._let.wait(10)
        candidates = (Candidate(text=self._text, probability=0.9),)
        return Reading(raw=self._text, confidence=0.9, positions=(), candidates=candidates)


def second(build: Callable[[], Recogniser], wait_s: float = 5.0) -> SecondOpinion:
    return SecondOpinion(build, SecondOpinionSettings(below=0.8, weight=0.45, wait_s=wait_s), SystemClock())


def test_it_is_wanted_where_the_first_is_in_doubt() -> None:
    assert second(lambda: Says("AB123CD")).wants(0.79)
    assert not second(lambda: Says("AB123CD")).wants(0.8)


@pytest.mark.parametrize("patient", [True, False])
def test_it_changes_or_confirms(patient: bool) -> None:
    changed = second(lambda: Says("AB123CD")).ask(PLATE, DOUBTFUL, patient=patient)
    confirmed = second(lambda: Says("AB123CO")).ask(PLATE, DOUBTFUL, patient=patient)

    assert (changed.outcome, changed.candidates[0].text, changed.raw) == (Asked.CHANGED, "AB123CD", "AB123CD")
    assert (confirmed.outcome, confirmed.candidates[0].text) == (Asked.CONFIRMED, "AB123CO")
    assert confirmed.candidates[0].probability > DOUBTFUL[0].probability


def test_it_is_loaded_when_first_asked_and_once() -> None:
    loaded: list[Recogniser] = []

    def build() -> Recogniser:
        loaded.append(Says("AB123CD"))
        return loaded[-1]

    asked = second(build)
    assert not loaded
    for _ in range(3):
        asked.ask(PLATE, DOUBTFUL, patient=True)
    assert len(loaded) == 1


def test_a_camera_does_not_wait_for_one_that_hangs_nor_queues_behind_it() -> None:
    let = threading.Event()
    asked = second(lambda: Says("AB123CD", let), wait_s=0.01)

    late = [asked.ask(PLATE, DOUBTFUL, patient=False) for _ in range(3)]
    let.set()
    then = asked.ask(PLATE, DOUBTFUL, patient=True)

    assert [opinion.outcome for opinion in late] == [Asked.LATE] * 3
    assert all(opinion.candidates == () for opinion in late)
    assert then.outcome is Asked.CHANGED


def test_what_keeps_it_from_loading_is_told_and_tried_again() -> None:
    answers: list[Recogniser | ModelError] = [ModelError("no weights"), Says("AB123CD")]

    def build() -> Recogniser:
        answer = answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    asked = second(build)
    with pytest.raises(ModelError, match="no weights"):
        asked.ask(PLATE, DOUBTFUL, patient=False)
    assert asked.ask(PLATE, DOUBTFUL, patient=False).outcome is Asked.CHANGED


def test_there_is_none_where_it_is_turned_off_or_were_the_first_again() -> None:
    off = ReaderSettings.model_validate({"second_opinion": {"ask": False}})
    same = ReaderSettings.model_validate({"recogniser": {"engine": "paddleocr"}})

    assert build_second_opinion(off, SystemClock()) is None
    assert build_second_opinion(same, SystemClock()) is None


def test_missing_weights_are_told_before_anything_is_read() -> None:
    settings = ReaderSettings.model_validate({"second_opinion": {"model": "nobody"}})

    with pytest.raises(ModelError, match=r"nobody\.json"):
        build_second_opinion(settings, SystemClock())


def test_the_shipped_one_reads_a_drawn_plate(drawn_plate: Image) -> None:
    asked = build_second_opinion(ReaderSettings(), SystemClock())
    assert asked is not None

    opinion = asked.ask(drawn_plate, DOUBTFUL, patient=True)

    assert opinion.raw == "AB123CD"
    assert (opinion.outcome, opinion.candidates[0].text) == (Asked.CHANGED, "AB123CD")
