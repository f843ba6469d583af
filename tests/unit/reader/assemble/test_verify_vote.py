# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second opinion on transits: what it changes, and that nothing is lost without it."""

from dataclasses import replace

import pytest

from anpr.capture.image_file import Image
from anpr.domain.errors import ModelError
from anpr.domain.read import Candidate
from anpr.domain.reasons import Asked
from anpr.reader.assemble.best_shot import BestShot
from anpr.reader.assemble.verify_vote import VoteVerifier
from anpr.reader.assemble.vote import Verdict
from anpr.reader.plates.second_opinion import SecondOpinion
from anpr.reader.recognise import Reading
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import SecondOpinionSettings
from tests.unit.reader.assemble.scenes import Scene, Vehicle, assembler, box_at, frame, read

SHOT = BestShot(frame=frame(0.0), read=read("AB123CO", box_at(400, 300)))
DOUBTFUL = Verdict(
    plate="AB123CO",
    confidence=0.6,
    candidates=(Candidate(text="AB123CO", probability=0.6), Candidate(text="AB123CD", probability=0.3)),
    country="FR",
    reads=3,
    agreeing=2,
)


class Says:
    """A recogniser that sees this text and counts how often it is asked."""

    def __init__(self, text: str | None) -> None:
        self._text = text
        self.asked = 0

    def recognise(self, _: Image) -> Reading:
        self.asked += 1
        if self._text is None:
            raise ModelError("it threw")
        candidates = (Candidate(text=self._text, probability=0.95),)
        return Reading(raw=self._text, confidence=0.95, positions=(), candidates=candidates)


def verifier(recogniser: Says) -> VoteVerifier:
    second = SecondOpinion(lambda: recogniser, SecondOpinionSettings(below=0.8, weight=0.45), SystemClock())
    return VoteVerifier("cam-1", second, patient=True)


def counted(outcome: Asked) -> float:
    return REGISTRY.get_sample_value("anpr_second_opinions_total", {"camera": "cam-1", "outcome": outcome}) or 0.0


def test_it_changes_the_plate_and_says_what_it_saw() -> None:
    before = counted(Asked.CHANGED)

    verdict = verifier(Says("AB123CD")).verify(DOUBTFUL, SHOT)

    assert (verdict.plate, verdict.second_raw) == ("AB123CD", "AB123CD")
    assert verdict.candidates[0] == Candidate(text="AB123CD", probability=verdict.confidence)
    assert verdict.country != "FR"
    assert (verdict.reads, verdict.agreeing) == (3, 2)
    assert counted(Asked.CHANGED) == before + 1


def test_it_confirms_and_the_country_stays() -> None:
    verdict = verifier(Says("AB123CO")).verify(DOUBTFUL, SHOT)

    assert verdict.plate == "AB123CO"
    assert verdict.confidence > DOUBTFUL.confidence
    assert verdict.country == "FR"


def test_a_sure_vote_is_not_asked_about() -> None:
    recogniser = Says("AB123CD")

    sure = replace(DOUBTFUL, confidence=0.95)

    assert verifier(recogniser).verify(sure, SHOT) is sure
    assert recogniser.asked == 0


def test_a_network_that_throws_is_counted_and_the_vote_stands(caplog: pytest.LogCaptureFixture) -> None:
    before = counted(Asked.FAILED)

    assert verifier(Says(None)).verify(DOUBTFUL, SHOT) is DOUBTFUL
    assert counted(Asked.FAILED) == before + 1
    assert "camera cam-1: no second opinion: it threw" in caplog.text
    assert "AB123" not in caplog.text


def test_each_pass_in_doubt_is_asked_about_once() -> None:
    recogniser = Says("AB123CD")
    doubtful = Vehicle(plate="AB123CO", confidence=0.45)
    scene = Scene(vehicles=(doubtful, Vehicle(plate="EF456GH", enters_s=5, leaves_s=7)))
    one = assembler(verifier=verifier(recogniser))

    made = [done for shown, reads in scene.frames() for done in one.add(shown, reads)] + one.flush()

    assert recogniser.asked == 1
    assert [(done.transit.plate, done.second_raw) for done in made] == [("AB123CD", "AB123CD"), ("EF456GH", None)]
    assert made[0].transit.raw == "AB123CO"
