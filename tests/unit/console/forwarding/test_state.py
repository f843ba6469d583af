# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether yesterday is complete, at one glance."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from anpr.console.forwarding.state import Yesterday, judge_yesterday
from anpr.domain.delivery import RunKind, RunOutcome
from anpr.store.forwarding.runs import ForwardRun


def run(outcome: RunOutcome | None) -> ForwardRun:
    return ForwardRun(
        id=1, destination="questura", day=date(2026, 11, 21), kind=RunKind.NIGHTLY, profile="p", protocol="x",
        started_at=datetime(2026, 11, 22, tzinfo=UTC), finished_at=None, outcome=outcome, counts={}, error=None,
    )  # fmt: skip


DONE = run(RunOutcome.COMPLETE)


@pytest.mark.parametrize(
    ("counts", "newest", "expected"),
    [
        ({}, None, Yesterday.NOT_YET),
        ({"queued": 3}, None, Yesterday.NOT_YET),
        ({"accepted": 3}, DONE, Yesterday.COMPLETE),
        ({}, DONE, Yesterday.COMPLETE),
        ({"accepted": 3, "sent": 1}, DONE, Yesterday.UNANSWERED),
        ({"accepted": 3, "rejected": 1}, DONE, Yesterday.LOSSES),
        ({"accepted": 3, "expired": 1}, DONE, Yesterday.LOSSES),
        ({"accepted": 3, "withheld": 1}, DONE, Yesterday.LOSSES),
        ({"accepted": 3, "queued": 1, "rejected": 1}, DONE, Yesterday.WAITING),
        ({"accepted": 3}, run(RunOutcome.INCOMPLETE), Yesterday.WAITING),
        ({"accepted": 3}, run(RunOutcome.FAILED), Yesterday.FAILED),
        ({"accepted": 3}, run(None), Yesterday.RUNNING),
    ],
)
def test_a_nightly_destination_is_judged_by_its_run_and_its_counts(
    counts: Mapping[str, int], newest: ForwardRun | None, expected: Yesterday
) -> None:
    assert judge_yesterday(counts, newest, answers=True, nightly=True) is expected


def test_a_destination_that_answers_nothing_is_complete_when_all_is_sent() -> None:
    assert judge_yesterday({"sent": 3}, DONE, answers=False, nightly=True) is Yesterday.COMPLETE


def test_one_at_an_interval_needs_no_run_of_its_own_for_the_day() -> None:
    assert judge_yesterday({"sent": 3}, None, answers=False, nightly=False) is Yesterday.COMPLETE
    assert judge_yesterday({"queued": 3}, None, answers=False, nightly=False) is Yesterday.WAITING
    assert judge_yesterday({}, None, answers=False, nightly=False) is Yesterday.NOT_YET
