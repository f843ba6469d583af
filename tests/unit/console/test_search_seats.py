# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many searches run at once."""

import pytest

from anpr.console.search_seats import SearchesBusyError, SearchSeats


def test_a_user_has_two_and_all_together_so_many() -> None:
    seats = SearchSeats(per_user=2, in_all=3)
    with seats.seat("anna"), seats.seat("anna"):
        with pytest.raises(SearchesBusyError) as of_user, seats.seat("anna"):
            pass
        assert of_user.value.by_user
        with seats.seat("piero"):
            with pytest.raises(SearchesBusyError) as of_all, seats.seat("lucia"):
                pass
            assert not of_all.value.by_user
        with seats.seat("lucia"):
            pass
    with seats.seat("anna"):
        assert seats._taken == {"anna": 1}


def test_a_search_that_fails_gives_its_seat_back() -> None:
    seats = SearchSeats(per_user=1)
    with pytest.raises(ValueError, match="no"), seats.seat("anna"):
        raise ValueError("no")
    assert not seats._taken
