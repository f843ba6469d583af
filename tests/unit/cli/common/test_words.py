# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of the domain on the command line, also in Italian."""

import click
import pytest

from anpr.cli.common.words import MATCH, PRIORITY, ROLE, Word
from anpr.domain.access import Role
from anpr.domain.watchlist import MatchMode, Priority


@pytest.mark.parametrize(
    ("words", "written", "stored"),
    [
        (PRIORITY, "alta", "high"),
        (PRIORITY, "High", "high"),
        (MATCH, "simile", "look-alike"),
        (ROLE, "revisore", "auditor"),
    ],
)
def test_a_word_may_be_written_in_italian(words: Word, written: str, stored: str) -> None:
    assert words.convert(written, None, None) == stored


def test_another_word_is_refused_with_all_that_there_are_and_the_one_meant() -> None:
    with pytest.raises(click.BadParameter) as caught:
        PRIORITY.convert("alto", None, None)
    assert caught.value.message == (
        "'alto' is not one of: high (alta) | medium (media) | low (bassa); did you mean alta?"
    )


@pytest.mark.parametrize(("words", "kind"), [(PRIORITY, Priority), (MATCH, MatchMode), (ROLE, Role)])
def test_every_stored_word_can_be_written(words: Word, kind: type[Priority] | type[MatchMode] | type[Role]) -> None:
    assert [words.convert(one.value, None, None) for one in kind] == [one.value for one in kind]
