# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries of lists: which follow what is held, and which are plausible."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.list_delivery import (
    Delivery,
    DeliveryKind,
    DeliveryOutcome,
    HeldVersion,
    ListVersion,
    Plausible,
    delivery_of,
    next_look,
    refusal_of,
    values_of_delivery,
)

FULL, DELTA = DeliveryKind.FULL, DeliveryKind.DELTA


def version(rank: int) -> ListVersion:
    return ListVersion(text=str(rank), rank=rank)


def held(rank: int | None, sha256: str = "a", kind: DeliveryKind = FULL) -> HeldVersion:
    return HeldVersion(version=None if rank is None else version(rank), sha256=sha256, kind=kind)


@pytest.mark.parametrize(
    ("before", "came", "sha256", "refusal"),
    [
        pytest.param(held(None), Delivery(version=version(3)), "b", None, id="first"),
        pytest.param(
            held(None), Delivery(kind=DELTA, version=version(3)), "b", DeliveryOutcome.GAP, id="changes first"
        ),
        pytest.param(held(3), Delivery(version=version(9)), "b", None, id="any later whole list"),
        pytest.param(held(3), Delivery(version=version(3)), "a", DeliveryOutcome.SAME, id="again"),
        pytest.param(held(3), Delivery(version=version(3)), "b", DeliveryOutcome.DIFFERENT, id="another content"),
        pytest.param(held(3), Delivery(kind=DELTA, version=version(3)), "b", DeliveryOutcome.SAME, id="its changes"),
        pytest.param(held(3), Delivery(version=version(2)), "b", DeliveryOutcome.OLDER, id="older"),
        pytest.param(held(3), Delivery(kind=DELTA, version=version(2)), "b", DeliveryOutcome.OLDER, id="older changes"),
        pytest.param(held(3), Delivery(kind=DELTA, version=version(4)), "b", None, id="next number"),
        pytest.param(held(3), Delivery(kind=DELTA, version=version(5)), "b", DeliveryOutcome.GAP, id="gap"),
        pytest.param(held(3), Delivery(kind=DELTA, version=version(9), base=version(3)), "b", None, id="on its base"),
        pytest.param(
            held(3),
            Delivery(kind=DELTA, version=version(4), base=version(2)),
            "b",
            DeliveryOutcome.GAP,
            id="wrong base",
        ),
        pytest.param(held(None), Delivery(), "a", DeliveryOutcome.SAME, id="without a version, the same"),
        pytest.param(held(None), Delivery(), "b", None, id="without a version, another"),
    ],
)
def test_what_follows_is_taken(
    before: HeldVersion, came: Delivery, sha256: str, refusal: DeliveryOutcome | None
) -> None:
    assert refusal_of(before, came, sha256) is refusal


@given(st.integers(0, 20), st.integers(0, 20), st.sampled_from(DeliveryKind), st.booleans())
def test_nothing_goes_back_and_no_changes_skip_a_version(
    before: int, came: int, kind: DeliveryKind, same: bool
) -> None:
    refusal = refusal_of(held(before), Delivery(kind=kind, version=version(came)), "a" if same else "b")
    if refusal is None:
        assert came > before
        assert kind is FULL or came == before + 1


def test_a_list_that_is_not_empty_changes_within_its_limits() -> None:
    limits = Plausible(shrink_percent=20, growth_percent=100)
    assert limits.exceeded(0, 1_000_000, 0) == ""
    assert limits.exceeded(10, 10, 2) == ""
    assert limits.exceeded(10, 0, 3) == "would take off 3 of 10 entries, more than 20%"
    assert limits.exceeded(10, 11, 0) == "would add 11 to 10 entries, more than 100%"


def test_it_is_kept_as_json_and_a_place_that_fails_is_tried_soon() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    came = Delivery(kind=DELTA, version=version(4), base=version(3), as_of=at)
    assert delivery_of(values_of_delivery(came)) == came
    assert (next_look(at, 3600, is_failing=True) - at).total_seconds() == 300
    assert (next_look(at, 30, is_failing=True) - at).total_seconds() == 30
    assert (next_look(at, 3600, is_failing=False) - at).total_seconds() == 3600
