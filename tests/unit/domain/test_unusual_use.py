# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of the hints: each says something only with a reason, and says with which figures."""

from datetime import date, timedelta

from anpr.domain.unusual_use import Hint, HintKind, PlateSearches, SearchDay, Thresholds, hints

SINCE = date(2026, 11, 1)
LIMITS = Thresholds()


def day(person: str, number: int, searches: int, night: int = 0, without_case: int = 0) -> SearchDay:
    """`number` days after the period's first; before it where negative."""
    return SearchDay(
        person=person,
        day=SINCE + timedelta(days=number),
        searches=searches,
        night=night,
        without_case=without_case,
    )


def usual(person: str, searches: int = 10, night: int = 0) -> list[SearchDay]:
    return [day(person, -number, searches, night) for number in range(1, 8)]


def found(days: list[SearchDay], plates: list[PlateSearches] | None = None) -> list[Hint]:
    return hints(SINCE, days, plates or [], LIMITS)


def test_a_day_is_busy_only_against_the_persons_own_usual() -> None:
    assert found([*usual("anna"), day("anna", 3, 30)]) == [
        Hint(kind=HintKind.BUSY_DAY, person="anna", count=30, usual=10, day=SINCE + timedelta(days=3))
    ]
    assert found([*usual("anna"), day("anna", 3, 29)]) == []
    assert found([*usual("anna", 40), day("anna", 3, 100)]) == [], "who searches much"
    assert found([day("anna", 3, 500)]) == [], "who is new has nothing that is usual"
    assert found([*usual("piero", 1), day("piero", 0, 29)]) == [], "little stays little"


def test_nights_are_told_of_those_who_never_work_at_night() -> None:
    assert found([*usual("anna"), day("anna", 1, 3, night=3), day("anna", 2, 2, night=2)]) == [
        Hint(kind=HintKind.NIGHT, person="anna", count=5, usual=0)
    ]
    assert found([*usual("anna", night=4), day("anna", 1, 9, night=9)]) == [], "a night shift"
    assert found([*usual("anna"), day("anna", 1, 4, night=4)]) == []
    assert found([day("anna", -1, 5), day("anna", 1, 9, night=9)]) == [], "too little is known of before"


def test_the_same_plate_on_many_days_is_told() -> None:
    plate = PlateSearches(person="anna", plate="AB123CD", searches=6, days=5)
    assert found([], [plate]) == [Hint(kind=HintKind.SAME_PLATE, person="anna", count=6, days=5, plate="AB123CD")]
    assert found([], [PlateSearches(person="anna", plate="AB123CD", searches=9, days=4)]) == []


def test_without_a_case_is_told_only_where_the_others_give_one() -> None:
    anna = day("anna", 1, 20, without_case=20)
    assert found([anna, day("piero", 1, 10, without_case=1)]) == [
        Hint(kind=HintKind.WITHOUT_CASE, person="anna", count=20, usual=0.1)
    ]
    assert found([anna, day("piero", 1, 10, without_case=9)]) == [], "nobody gives one"
    assert found([anna]) == [], "nobody to be held against"
    assert found([day("anna", 1, 40, without_case=20), day("piero", 1, 10)]) == [], "half of them"
    assert found([anna, *[day("piero", -3, 10)]]) == [], "who did not search in the period is not held against"
