# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers against true plates, and the sums."""

from dataclasses import replace
from pathlib import Path

import pytest

from anpr.domain.interval import wilson
from anpr.domain.read import Box
from anpr.reader.evaluate.report import as_lines, as_object
from anpr.reader.evaluate.score import Answer, ImageResult, judge, score
from anpr.reader.evaluate.truth import LabelledImage, TruePlate


def plate(text: str, x: float = 100, country: str = "IT", kind: str = "scene", lines: int = 1) -> TruePlate:
    return TruePlate(
        text=text, box=Box(x=x, y=100, w=100, h=25), country=country, subset="test", kind=kind, lines=lines
    )


def judged(plates: list[TruePlate], *answers: tuple[str, float]) -> ImageResult:
    picture = LabelledImage(path=Path("a.jpg"), plates=tuple(plates))
    return judge(picture, [Answer(text=text, box=Box(x=x, y=98, w=100, h=30)) for text, x in answers], 10.0)


def test_exact_look_alike_and_wrong_texts() -> None:
    result = judged([plate("AB123CD"), plate("EF456GH", 300), plate("ZA151YM", 500), plate("GG222GG", 700)],
                    ("AB123CD", 100), ("EF4S6GH", 300), ("XX000XX", 500))  # fmt: skip

    outcomes = [(one.found, one.strict, one.folded) for one in result.outcomes]
    assert outcomes == [(True, True, True), (True, False, True), (True, False, False), (False, False, False)]
    assert result.false_reads == ()


def test_a_right_text_in_a_wrong_place_is_a_false_read_and_no_hit() -> None:
    result = judged([plate("AB123CD")], ("AB123CD", 900))

    assert not result.outcomes[0].found
    assert result.false_reads == ("AB123CD",)


def test_two_answers_on_one_plate_are_one_hit_and_one_false_read() -> None:
    result = judged([plate("AB123CD")], ("B123CD", 101), ("AB123CD", 100))

    assert result.outcomes[0].strict
    assert result.false_reads == ("B123CD",)


def test_sums_by_country_kind_and_lines() -> None:
    results = [
        judged([plate("AB123CD"), plate("ZA151YM", 300, lines=2)], ("AB123CD", 100)),
        judged([plate("B123ABC", country="RO", kind="crop")], ("B123ABC", 100), ("CAM03", 900)),
        judged([], ("GRILL3", 10)),
    ]

    scores = score(results, unreadable=1)

    assert (scores.total.plates, scores.total.found, scores.total.strict) == (3, 2, 2)
    assert scores.groups["country"]["IT"].strict == 1
    assert scores.groups["country"]["RO"].strict == 1
    assert scores.groups["lines"]["2"].found == 0
    assert scores.groups["kind"]["crop"].plates == 1
    assert scores.false_reads == 2
    assert scores.images == 3


def test_report_says_the_same_twice() -> None:
    scores = score([judged([plate("AB123CD"), plate("EF456GH", 300)], ("AB123CD", 100))])

    fields = as_object(scores)
    text = "\n".join(as_lines(scores))

    assert fields["total"]["strict"] == {"count": 1, "share": 0.5, "low": 0.0945, "high": 0.9055}
    assert fields["by"]["country"]["IT"]["plates"] == 2
    assert fields["ms_median"] == 10.0
    assert "0.500 [0.09-0.91]" in text
    assert "false reads: 0 in 1 pictures" in text


def test_nothing_to_score_divides_by_nothing() -> None:
    scores = score([])

    assert as_object(scores)["total"]["found"]["share"] == 0.0
    assert list(as_lines(scores))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (0, 0, 0.0, 1.0)],
)
def test_wilson_interval(hits: int, of: int, low: float, high: float) -> None:
    """81 of 263 is the worked example of Newcombe (1998), method 3; the ends are 1 − z²/(n + z²) and its like."""
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_a_plate_without_known_text_is_found_without_being_read() -> None:
    place = LabelledImage(path=Path("a.jpg"), plates=(replace(plate("AB123CD"), text=None),))
    unread = [Answer(text="", box=Box(x=x, y=98, w=100, h=30)) for x in (100, 700)]

    result = judge(place, unread, 1.0)

    assert result.outcomes[0].found
    assert result.false_reads == ()
