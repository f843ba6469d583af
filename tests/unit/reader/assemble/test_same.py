"""Whether two verdicts speak of one vehicle."""

import pytest

from anpr.domain.read import Candidate
from anpr.reader.assemble.same import same_vehicle
from anpr.reader.assemble.vote import Verdict


def verdict(plate: str, confidence: float = 0.97, **others: float) -> Verdict:
    candidates = (
        Candidate(text=plate, probability=confidence),
        *(Candidate(text=text, probability=p) for text, p in others.items()),
    )
    return Verdict(plate=plate, confidence=confidence, candidates=candidates, country=None, reads=5, agreeing=5)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (verdict("AB123CD"), verdict("AB123CD"), True),
        (verdict("AB123CD"), verdict("A8I23CO"), True),
        (verdict("AB123CD"), verdict("AB124CD"), False),  # a fleet
        (verdict("AB123CD"), verdict("AB124CD", 0.8), True),
        (verdict("AB123CD"), verdict("AB723FD", 0.5, AB123CD=0.3), True),
        (verdict("AB123CD"), verdict("B123C", 0.7), True),
        (verdict("AB123CD"), verdict("B123C", 0.97), True),
        (verdict("AB123CD"), verdict("123", 0.97), False),
        (verdict("AB123CD"), verdict("EF456GH", 0.7), False),
        (verdict("AB123CD"), verdict("AB", 0.7), False),
    ],
)
def test_same_vehicle(a: Verdict, b: Verdict, expected: bool) -> None:
    assert same_vehicle(a, b) is expected
    assert same_vehicle(b, a) is expected
