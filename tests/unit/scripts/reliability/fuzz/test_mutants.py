"""Broken and odd pictures by a seed, and a short run of them through `anpr read`."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.cli import main
from scripts.reliability.fuzz.damage import DAMAGES
from scripts.reliability.fuzz.mutants import mutant, write_mutants
from scripts.reliability.fuzz.pictures import PICTURES
from scripts.reliability.fuzz.run import HANG_S, Outcome, complaints

COUNT = 60


def test_seed_and_number_alone_make_a_mutant() -> None:
    assert mutant(3, 17) == mutant(3, 17)
    assert mutant(3, 17).data != mutant(4, 17).data


def test_all_kinds_come() -> None:
    made = [mutant(1, number) for number in range(150)]
    assert {one.damage for one in made} == {damage.__name__ for damage, _ in DAMAGES}
    assert {one.picture for one in made} == {maker.__name__ for maker, _ in PICTURES}
    assert len(Counter(one.suffix for one in made)) == 5


def test_each_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    """The fuzz test in short, in this process."""
    names = {one.name for one in write_mutants(tmp_path, 2, COUNT)}

    result = CliRunner().invoke(main, ["read", "--format", "jsonl", "--explain", str(tmp_path)], catch_exceptions=False)

    read = [Path(json.loads(line)["file"]).name for line in result.stdout.splitlines()]
    refused = [
        Path(line.removeprefix("error: ").partition(": ")[0]).name
        for line in result.stderr.splitlines()
        if line.startswith("error: ")
    ]
    assert len(read) + len(refused) == COUNT
    assert {*read, *refused} == names
    assert len(read) > COUNT / 3


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
