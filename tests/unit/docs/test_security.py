# SPDX-License-Identifier: AGPL-3.0-or-later
"""The threat model and the ASVS table: what they name exists, and the table is whole."""

import re
from collections import Counter
from pathlib import Path

import pytest

LEVEL_2 = {
    1: "1.1.1-7 1.2.1-4 1.4.1 1.4.4-5 1.5.1-4 1.6.1-4 1.7.1-2 1.8.1-2 1.9.1-2 1.10.1 1.11.1-2 1.12.2 1.14.1-6",
    2: "2.1.1-12 2.2.1-3 2.3.1-3 2.4.1-6 2.5.1-7 2.6.1-3 2.7.1-6 2.8.1-7 2.9.1-3 2.10.1-4",
    3: "3.1.1 3.2.1-4 3.3.1-4 3.4.1-5 3.5.1-3 3.7.1",
    4: "4.1.1-3 4.1.5 4.2.1-2 4.3.1-3",
    5: "5.1.1-5 5.2.1-8 5.3.1-10 5.4.1-3 5.5.1-4",
    6: "6.1.1-3 6.2.1-6 6.3.1-2 6.4.1-2",
    7: "7.1.1-4 7.2.1-2 7.3.1 7.3.3-4 7.4.1-3",
    8: "8.1.1-4 8.2.1-3 8.3.1-8",
    9: "9.1.1-3 9.2.1-4",
    10: "10.2.1-2 10.3.1-3",
    11: "11.1.1-8",
    12: "12.1.1-3 12.2.1 12.3.1-6 12.4.1-2 12.5.1-2 12.6.1",
    13: "13.1.1 13.1.3-5 13.2.1-3 13.2.5-6 13.3.1-2 13.4.1-2",
    14: "14.1.1-4 14.2.1-6 14.3.2-3 14.4.1-7 14.5.1-4",
}
"""The requirements of OWASP ASVS 4.0.3 at levels 1 and 2, without those it calls deleted."""
ANSWERS = ("yes", "part", "no", "site", "n.a.")


def requirements(text: str) -> list[str]:
    """`1.1.1-3, 1.1.5` as single numbers."""
    found = []
    for section, first, last in re.findall(r"(\d+\.\d+)\.(\d+)(?:[-–](?:\d+\.\d+\.)?(\d+))?", text):
        found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


@pytest.fixture
def rows(repository: Path) -> list[tuple[list[str], str]]:
    page = (repository / "docs" / "asvs.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (\d[\d., –-]*) \| ([^|]+) \|", page, re.MULTILINE)
    return [(requirements(numbers), answer.strip()) for numbers, answer in cells]


def test_each_requirement_of_level_2_has_one_answer(rows: list[tuple[list[str], str]]) -> None:
    answered = Counter(number for numbers, _ in rows for number in numbers)
    assert sorted(answered) == sorted(requirements(" ".join(LEVEL_2.values())))
    assert set(answered.values()) == {1}
    assert {answer for _, answer in rows} <= set(ANSWERS)


def test_the_counts_above_the_table_are_those_of_the_table(repository: Path, rows: list[tuple[list[str], str]]) -> None:
    counts = Counter(answer for numbers, answer in rows for _ in numbers)
    line = f"| requirements | {' | '.join(str(counts[answer]) for answer in ANSWERS)} |"
    assert line in (repository / "docs" / "asvs.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["asvs.md", "security.md"])
def test_the_tests_that_are_named_exist(repository: Path, name: str) -> None:
    page = (repository / "docs" / name).read_text(encoding="utf-8")
    named = set(re.findall(r"\btest_\w+\.py", page))
    assert named <= {path.name for path in (repository / "tests").rglob("test_*.py")}
    for file, test in re.findall(r"(test_\w+\.py)::(test_\w+)", page):
        (path,) = (repository / "tests").rglob(file)
        assert f"def {test}(" in path.read_text(encoding="utf-8"), test
