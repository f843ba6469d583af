# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many reads become one text with a probability."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.plate import normalise
from anpr.domain.read import Candidate, PlateRead
from anpr.reader.assemble.vote import Ballot, Verdict, quality
from tests.unit.reader.assemble.scenes import box_at, read

BOX = box_at(600, 300, 120)


def vote(*reads: PlateRead, most: int = 40) -> Verdict:
    ballot = Ballot(most)
    for one in reads:
        ballot.add(one)
    verdict = ballot.verdict()
    assert verdict is not None
    return verdict


def with_candidates(*pairs: tuple[str, float]) -> PlateRead:
    candidates = tuple(Candidate(text=text, probability=p) for text, p in pairs)
    return PlateRead(
        text=pairs[0][0], raw=pairs[0][0], confidence=pairs[0][1], box=BOX, detector_score=0.8, candidates=candidates
    )


def test_no_reads_no_verdict() -> None:
    assert Ballot(40).verdict() is None


def test_one_read_is_as_sure_as_it_was() -> None:
    verdict = vote(read("AB123CD", BOX, 0.8))
    assert verdict.plate == "AB123CD"
    assert verdict.confidence == pytest.approx(0.8, abs=0.02)
    assert (verdict.reads, verdict.agreeing, verdict.country) == (1, 1, "IT")


def test_agreeing_reads_are_surer_than_each() -> None:
    confidences = [vote(*[read("AB123CD", BOX, 0.7)] * number).confidence for number in (1, 2, 4, 10)]
    assert confidences == sorted(confidences)
    assert confidences[-1] > 0.9


def test_forty_frames_of_one_pass_are_not_forty_witnesses() -> None:
    """Two texts that every frame finds equally likely stay undecided: the frames share what makes them look alike."""
    verdict = vote(*[with_candidates(("AB123CD", 0.52), ("AB128CD", 0.45))] * 40)
    assert verdict.plate == "AB123CD"
    assert verdict.confidence < 0.7


def test_the_majority_wins_over_one_sure_misread() -> None:
    reads = [read("AB123CD", BOX, 0.8)] * 5 + [read("AB128CD", BOX, 0.99)]
    assert vote(*reads).plate == "AB123CD"


def test_right_though_every_read_has_one_error() -> None:
    """Position by position the right character was seen most often."""
    wrong = ["XB123CD", "AX123CD", "ABX23CD", "AB1X3CD", "AB12XCD", "AB123XD", "AB123CX"]
    assert vote(*[read(text, BOX, 0.5) for text in wrong]).plate == "AB123CD"


def test_large_sure_reads_count_more() -> None:
    small = [read("AB128CD", box_at(600, 300, 25), 0.55)] * 3
    large = [read("AB123CD", box_at(600, 300, 140), 0.95)] * 3
    assert vote(*small, *large).plate == "AB123CD"
    assert quality(small[0]) < quality(large[0])


def test_inconsistent_reads_are_not_trusted() -> None:
    """Texture makes another text in every frame."""
    texts = ["EETY1", "102", "ERLE4", "TCHS20", "C1CTY", "E12X", "ETE5", "123S"]
    assert vote(*[read(text, BOX, 0.55) for text in texts]).confidence < 0.5


def test_the_country_is_of_those_that_saw_the_plate() -> None:
    foreign = PlateRead(text="AB128CD", raw="AB128CD", confidence=0.5, box=BOX, detector_score=0.8, candidates=())
    assert vote(foreign, *[read("AB123CD", BOX, 0.9)] * 2).country == "IT"


def test_texts_no_plate_could_carry_do_not_vote() -> None:
    ballot = Ballot(40)
    assert not ballot.add(with_candidates(("A*?", 0.9)))
    assert not ballot.add(with_candidates(("ABCDEFGHIJKLMNOPQRST", 0.9)))
    assert ballot.verdict() is None
    assert ballot.reads == 0


def test_separators_and_case_do_not_split_the_vote() -> None:
    verdict = vote(with_candidates(("ab-123-cd", 0.5), ("AB123CD", 0.3)))
    assert verdict.plate == "AB123CD"
    assert verdict.confidence == pytest.approx(0.8, abs=0.02)


def test_the_best_votes_are_kept_when_there_are_too_many() -> None:
    ballot = Ballot(5)
    for _ in range(200):
        ballot.add(read("AB128CD", box_at(600, 300, 30), 0.5))
    for _ in range(5):
        ballot.add(read("AB123CD", box_at(600, 300, 150), 0.9))
    verdict = ballot.verdict()
    assert verdict is not None
    assert verdict.plate == "AB123CD"
    assert verdict.reads == 205
    assert len(ballot._votes) == 5


def test_absorbing_is_voting_together() -> None:
    one, other, both = Ballot(40), Ballot(40), Ballot(40)
    for ballot, text in ((one, "AB123CD"), (other, "AB128CD"), (other, "AB123CD")):
        ballot.add(read(text, BOX, 0.7))
        both.add(read(text, BOX, 0.7))
    one.absorb(other)
    assert one.verdict() == both.verdict()


TEXTS = st.text(alphabet="AB1238OI", min_size=1, max_size=8)


@st.composite
def any_read(draw: st.DrawFn) -> PlateRead:
    texts = draw(st.lists(TEXTS, min_size=1, max_size=8, unique=True))
    shares = draw(st.lists(st.floats(0, 1), min_size=len(texts), max_size=len(texts)))
    whole = max(sum(shares), 1.0)
    candidates = tuple(Candidate(text=t, probability=p / whole) for t, p in zip(texts, shares, strict=True))
    return PlateRead(
        text=texts[0],
        raw=texts[0],
        confidence=candidates[0].probability,
        box=box_at(600, 300, draw(st.floats(1, 500))),
        detector_score=0.5,
        candidates=candidates,
        positions=tuple((Candidate(text=sign, probability=draw(st.floats(0, 1))),) for sign in texts[0]),
    )


@given(st.lists(any_read(), min_size=1, max_size=30))
def test_any_reads_make_a_valid_verdict(reads: list[PlateRead]) -> None:
    verdict = vote(*reads, most=10)
    assert verdict.plate == normalise(verdict.plate)
    assert 0 <= verdict.confidence < 1
    assert len(verdict.candidates) <= 8
    assert sum(c.probability for c in verdict.candidates) <= 1 + 1e-9
    assert [c.probability for c in verdict.candidates] == sorted(
        (c.probability for c in verdict.candidates), reverse=True
    )
    assert verdict.reads == len(reads)
