# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names that nobody knows: the one that was meant, or else those that there are."""

from anpr.domain.near_name import near_name, suggestion


def test_the_name_that_was_meant_is_suggested() -> None:
    assert near_name("varco9", ["varco-9", "via-roma"]) == "varco-9"
    assert suggestion("varco9", ["varco-9", "via-roma"]) == "; did you mean varco-9?"


def test_where_none_is_like_it_those_that_there_are_are_listed_up_to_ten() -> None:
    assert suggestion("xyz", ["b", "a"]) == "; there are: a, b"
    assert suggestion("xyz", []) == "; there are: none"
    assert suggestion("xyz", [f"gate-{n:02}" for n in range(20)]).endswith("gate-09, …")
