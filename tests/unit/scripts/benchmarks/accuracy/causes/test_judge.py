# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a plate was not read right."""

import pytest

from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.evaluate.truth import TruePlate
from anpr.reader.plates.plate_reader import ReadResult, Rejected
from scripts.benchmarks.accuracy.causes.judge import (
    BESIDE,
    LINE_LOST,
    NOT_FOUND,
    RIGHT,
    WRONG_CHARACTERS,
    cause_of,
    confusions,
    judged,
)
from scripts.benchmarks.accuracy.causes.table import as_lines, as_object

BOX = Box(x=100, y=100, w=120, h=30)


def plate(text: str | None, lines: int = 1) -> TruePlate:
    return TruePlate(text=text, box=BOX, country="IT", subset="it_van", kind="scene", lines=lines)


def read(text: str, x: float = 100) -> PlateRead:
    candidates = (Candidate(text=text, probability=0.95),)
    box = Box(x=x, y=98, w=118, h=33)
    return PlateRead(text=text, raw=text, confidence=0.95, box=box, detector_score=0.8, candidates=candidates)


@pytest.mark.parametrize(
    ("said", "lines", "cause"),
    [
        ("GA123BC", 1, RIGHT),
        ("A123BC", 1, BESIDE),
        ("CGA123BC", 1, BESIDE),
        ("GA123BD", 1, BESIDE),
        ("GA123BCSP", 1, BESIDE),
        ("CA128BC", 1, WRONG_CHARACTERS),
        ("GA723BC", 1, WRONG_CHARACTERS),
        ("123BC", 2, LINE_LOST),
    ],
)
def test_the_first_cause_that_holds(said: str, lines: int, cause: str) -> None:
    assert cause_of("GA123BC", said, lines) == cause


def test_signs_are_compared_where_the_lengths_agree() -> None:
    assert confusions("GA123BC", "CA128BC") == ["G read as C", "3 read as 8"]
    assert confusions("GA123BC", "A123BC") == []


def test_refused_plates_name_their_gate_and_others_were_not_found() -> None:
    refused = ReadResult(accepted=(), rejected=(Rejected(box=BOX, score=0.2, reason=Drop.PLATE_LOW_SCORE),))

    assert judged([plate("GA123BC")], refused)[0][0].cause == "refused: plate-low-score"
    assert judged([plate("GA123BC")], ReadResult(accepted=(), rejected=()))[0][0].cause == NOT_FOUND


def test_an_illegible_plate_is_neither_right_nor_wrong_and_no_place_for_a_false_read() -> None:
    verdicts, beside = judged(
        [plate(None)], ReadResult(accepted=(read("XX999XX"), read("TEL1234", x=600)), rejected=())
    )

    assert verdicts == []
    assert [one.text for one in beside] == ["TEL1234"]


def test_the_table_counts_what_is_sure_and_wrong() -> None:
    verdicts, beside = judged([plate("GA123BC")], ReadResult(accepted=(read("CA123BC"),), rejected=()))

    facts = as_object(verdicts, len(beside), 1, 20.0)

    assert facts["strict"]["count"] == 0
    assert (facts["sure"], facts["sure_and_wrong"]) == (1, 1)
    assert facts["confusions"] == {"G read as C": 1}
    assert any("G read as C" in line for line in as_lines(facts))
