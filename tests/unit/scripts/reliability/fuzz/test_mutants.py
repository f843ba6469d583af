# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutated images by a seed, and what a run of them must not do."""

from collections import Counter

import pytest

from scripts.reliability.fuzz.mutants import mutant
from scripts.reliability.fuzz.mutations import MUTATIONS
from scripts.reliability.fuzz.run import HANG_S, Outcome, complaints
from scripts.reliability.fuzz.valid_images import VALID_IMAGES


def test_seed_and_number_alone_make_a_mutant() -> None:
    assert mutant(3, 17) == mutant(3, 17)
    assert mutant(3, 17).data != mutant(4, 17).data


@pytest.mark.slow
def test_all_kinds_come() -> None:
    made = [mutant(1, number) for number in range(150)]
    assert {one.mutation for one in made} == {mutation.__name__ for mutation, _ in MUTATIONS}
    assert {one.image for one in made} == {maker.__name__ for maker, _ in VALID_IMAGES}
    assert len(Counter(one.suffix for one in made)) == 5


@pytest.mark.parametrize(
    ("outcome", "complaint"),
    [
        (Outcome(read={"a": 1, "b": 0}, status=0, peak_mb=500), None),
        (Outcome(read={"a": 1}, refused={"b": "damaged"}, status=1), None),
        (Outcome(read={"a": 1}, status=-11), "ended with status -11 at b"),
        (Outcome(read={"a": 1}, status=-9, hung=True), f"no output for {HANG_S:g} s at b"),
        (Outcome(read={"a": 1, "b": 1}, status=0, peak_mb=5000), "5000 MB at the peak"),
        (Outcome(read={"a": 1, "b": 1}, refused={"a": "x"}, status=1), "1 files read and refused"),
        (
            Outcome(read={"a": 1, "b": 1}, status=1, other=["Traceback (most recent call last):", "x"]),
            "1 tracebacks: x",
        ),
    ],
)
def test_complaints(outcome: Outcome, complaint: str | None) -> None:
    found = complaints(outcome, ["a", "b"])
    assert (found == []) if complaint is None else any(complaint in one for one in found)
