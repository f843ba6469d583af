# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: without a plate its hours are bounded, and hours of days are counted by their windows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.search.form import SearchFields, SearchRules, check_fields

NOW = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)
RULES = SearchRules(
    zone=ZoneInfo("Europe/Rome"), now=NOW, oldest=NOW - timedelta(days=90), kinds=("Furto",), most_hours=48
)


def faults(**fields: object) -> dict[str, str]:
    given = {"kind": "Furto", "reason": "furto in via Roma", "gates": ["ponte"], **fields}
    found = check_fields(SearchFields.model_validate(given), RULES).faults
    return {name: fault.key for name, fault in found.items()}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"since": "28/11/2026"}, {}),
        ({"since": "20/11/2026"}, {"since": "search.too_many_hours"}),
        ({"since": "01/01/2000"}, {"since": "search.too_many_hours"}),
        ({"since": "01/10/2026", "weekdays": ["2"], "from_hour": "2", "to_hour": "4"}, {}),
        ({"since": "01/10/2026", "plate": "AB123CD"}, {}),
        ({"since": "01/01/1990", "until": "01/01/2000"}, {"since": "search.nothing_kept"}),
        ({"since": "01/01/1990", "plate": "AB123CD"}, {}),
        ({"since": "1/1/26"}, {"since": "search.wrong_year"}),
    ],
    ids=["a day", "nine days", "years", "Tuesdays", "a plate", "before", "a plate and years", "two digits"],
)
def test_hours_without_a_plate_are_bounded(fields: dict[str, object], expected: dict[str, str]) -> None:
    assert faults(**fields) == expected


def test_what_is_taken_away_is_empty_and_nothing_else_changes() -> None:
    fields = SearchFields(plate="AB123CD", from_hour="2", to_hour="4", gates=["ponte"], reason="furto", lane="1")
    assert fields.model_copy(update={"without": "hours"}).lessened().from_hour == ""
    assert fields.model_copy(update={"without": "gates"}).lessened().gates == []
    assert fields.model_copy(update={"without": "reason"}).lessened() == fields
