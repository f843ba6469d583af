# SPDX-License-Identifier: AGPL-3.0-or-later
"""Steps of a transit's way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from anpr.console.forwarding.way import steps_of
from anpr.domain.delivery import DeliveryState
from anpr.store.forwarding.deliveries import Delivery
from anpr.store.forwarding.pages import DeliveryWay

READ = datetime(2026, 11, 21, 12, tzinfo=UTC)
DELIVERY = Delivery(
    destination="questura", captured_at=READ, transit_id=UUID(int=1), state=DeliveryState.ACCEPTED,
    day=date(2026, 11, 21), batch=3, queued_at=READ + timedelta(hours=12),
    sent_at=READ + timedelta(hours=12, seconds=5), settled_at=READ + timedelta(hours=12, seconds=6), reason=None,
)  # fmt: skip
WAY = DeliveryWay(delivery=DELIVERY, file_name="f", file_made_at=READ + timedelta(hours=12, seconds=1), attempts=1)


def test_the_whole_way_has_each_step_and_how_long_it_took() -> None:
    steps = steps_of(READ, READ + timedelta(seconds=2), WAY)
    assert [step.key for step in steps] == ["read", "stored", "queued", "file", "sent", "accepted"]
    assert steps[0].took is None
    assert [step.took for step in steps[3:]] == [timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=1)]


def test_one_that_was_queued_again_has_no_file_and_no_end() -> None:
    queued = replace(DELIVERY, state=DeliveryState.QUEUED, batch=None, sent_at=None, settled_at=READ)
    steps = steps_of(READ, None, replace(WAY, delivery=queued))
    assert [step.key for step in steps] == ["read", "queued"]


def test_clocks_that_differ_give_no_negative_time() -> None:
    assert steps_of(READ, READ - timedelta(seconds=1), WAY)[1].took is None
