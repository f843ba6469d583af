# SPDX-License-Identifier: AGPL-3.0-or-later
"""The receiving office of the forwarding faults."""

import pytest

from scripts.lab.transits import make_transit
from scripts.reliability.forwarding.office import LATER, OK, REFUSED, Office, OfficeFullError

IDS = [str(make_transit(number).id) for number in range(3_000)]


def content(*ids: str) -> bytes:
    return " ".join(ids).encode()


def test_a_file_that_comes_again_gets_the_same_answer_and_counts_once() -> None:
    office = Office()
    first = office.take("a", content(*IDS[:100]))
    assert office.take("a", content(*IDS[:100])) == first
    assert (office.repeats, office.doubled, office.changed) == (1, [], [])
    assert office.settled == 100


def test_a_transit_in_two_files_and_a_file_that_changed_are_told() -> None:
    office = Office()
    taken = next(one for one, code in office.take("a", content(*IDS[:10])).items() if code == OK)
    office.take("b", content(taken))
    office.take("a", content(*IDS[:9]))
    assert (office.doubled, office.changed) == ([taken], ["a"])


def test_some_are_refused_for_good_and_some_are_put_off_once() -> None:
    office = Office()
    codes = office.take("a", content(*IDS))
    refused = {one for one, code in codes.items() if code == REFUSED}
    later = [one for one, code in codes.items() if code == LATER]
    assert refused == office.refused
    assert refused
    assert later
    assert set(office.take("b", content(*later)).values()) == {OK}
    assert office.doubled == []
    assert office.settled == len(IDS)


def test_a_full_office_keeps_nothing() -> None:
    office = Office(is_full=True)
    with pytest.raises(OfficeFullError):
        office.take("a", content(*IDS[:10]))
    assert office.settled == 0
