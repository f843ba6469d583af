# SPDX-License-Identifier: AGPL-3.0-or-later
"""The term of a data subject request."""

from datetime import UTC, date, datetime

import pytest

from anpr.domain.subject_request import RequestKind, SubjectRequest


@pytest.mark.parametrize(
    ("received_on", "due_on"),
    [
        (date(2026, 11, 28), date(2026, 12, 28)),
        (date(2026, 12, 5), date(2027, 1, 5)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2026, 11, 30), date(2026, 12, 30)),
    ],
)
def test_an_answer_is_due_on_the_same_day_of_the_next_month(received_on: date, due_on: date) -> None:
    request = SubjectRequest(
        kind=RequestKind.ACCESS, plate="AB123CD", reference="1/2026", received_on=received_on, registered_by="dora",
        registered_at=datetime(2026, 11, 28, tzinfo=UTC),
    )  # fmt: skip
    assert request.due_on == due_on
