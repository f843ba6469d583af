# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hashes of all texts at once against the hash of one: the same signs at the same places have the same."""

import pytest

from anpr.store.watchlists.text_columns import MOST_PLACES, TextColumns, different_hashes, hash_of

TEXTS = ("AB123CD", "ZZ999ZZ", "ÄÖ00ÜAQ", "AB\N{CYRILLIC CAPITAL LETTER ES}23CD", "DR501HE")


@pytest.mark.parametrize("places", [(0, 1, 2, 3), (-4, -3, -2, -1), (0, 1, -2, -1), (2, 4), (0, 6)])
def test_a_text_has_the_hash_of_its_signs(places: tuple[int, ...]) -> None:
    found = TextColumns(TEXTS, 7).hashes(places)
    assert list(found) == [hash_of([text[place] for place in places]) for text in TEXTS]


def test_the_order_of_signs_counts() -> None:
    assert hash_of("AB12") != hash_of("BA12")


def test_no_hash_takes_two_lanes_of_utf_16() -> None:
    assert different_hashes(MOST_PLACES) < 0xD800
