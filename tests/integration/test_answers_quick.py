# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fuzz test of answers in short: nothing crashes, and nothing is accepted without a positive answer."""

from pathlib import Path
from random import Random

import pytest

from scripts.lab.certificates import Authority
from scripts.reliability.answers import run, wire
from scripts.reliability.answers.cases import case, complaint, judged, outcome_of
from scripts.reliability.answers.documents import FORMS

COUNT = 200


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_is_read_or_refused(form: str) -> None:
    cases = [case(3, form, number) for number in range(COUNT)]
    outcomes = [judged(one) for one in cases]
    assert [told for one, done in zip(cases, outcomes, strict=True) if (told := complaint(one, done, 60.0))] == []
    assert any(done.accepted for done in outcomes)
    assert any(done.refused for done in outcomes)


def test_http_is_read_or_refused(tmp_path: Path) -> None:
    wrong: list[str] = []
    outcomes = run.over_the_wire(tmp_path, 3, COUNT, wrong)
    assert wrong == []
    assert any(done.accepted for done in outcomes)


def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the head, where no part of the body could be counted."""
    pieces: list[wire.Piece] = [b"HTTP/1.1 200 OK\r\n", *[0.05, b"x"] * 400]  # type: ignore[list-item]
    monkeypatch.setattr(wire, "manner", lambda *_: (wire.trickling, pieces))
    authority = Authority(tmp_path, "authority")
    with wire.raw_server(authority.issue("centro", "127.0.0.1"), 1) as port:
        settings = run.destination(port, authority, timeout_s=0.5)
        outcome = outcome_of(lambda: run.accepted_of(settings, 1))
    assert "no answer within 0.5 s" in outcome.refused
    assert outcome.seconds < 15


def test_the_same_seed_makes_the_same_answers() -> None:
    assert case(1, "json", 7) == case(1, "json", 7)
    assert wire.manner(1, 7) == wire.manner(1, 7)
    assert wire.good_body(Random(1)) == wire.good_body(Random(1))
