# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one way in which tests wait."""

from collections.abc import Iterator

import pytest

from tests.support.waiting import eventually


def test_what_the_check_found_is_given_back() -> None:
    answers: Iterator[object] = iter([[], 0, None, "found", "later"])
    assert eventually(lambda: next(answers)) == "found"


def test_a_check_that_never_holds_fails_and_tells_what_was_seen() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: 3 of 5 came"):
        eventually(lambda: False, 0.05, seen=lambda: "3 of 5 came")


def test_what_the_check_raises_is_not_waited_out() -> None:
    def check() -> bool:
        raise ChildProcessError("the process ended")

    with pytest.raises(ChildProcessError):
        eventually(check)
