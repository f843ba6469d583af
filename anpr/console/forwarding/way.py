# SPDX-License-Identifier: AGPL-3.0-or-later
"""A transit's way to a destination: the steps it has taken, when, and how long each took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.domain.delivery import DeliveryState
from anpr.store.forwarding.pages import DeliveryWay

_ENDS = {DeliveryState.ACCEPTED, DeliveryState.REJECTED, DeliveryState.EXPIRED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step (a key of messages below `way.`), when (UTC), and how long after the step before; None for the first,
    and where the clocks of two machines say that it came before."""

    key: str
    at: datetime
    took: timedelta | None


def steps_of(captured_at: datetime, received_at: datetime | None, way: DeliveryWay) -> list[Step]:
    """Read, stored, queued, put into a file, sent, and how it ended; those that are known, in this order."""
    delivery = way.delivery
    moments = [
        ("read", captured_at),
        ("stored", received_at),
        ("queued", delivery.queued_at),
        ("file", way.file_made_at if delivery.batch is not None else None),
        ("sent", delivery.sent_at),
        (delivery.state.value, delivery.settled_at if delivery.state in _ENDS else None),
    ]
    steps: list[Step] = []
    for key, at in moments:
        if at is not None:
            took = at - steps[-1].at if steps else None
            steps.append(Step(key=key, at=at, took=took if took is not None and took >= timedelta() else None))
    return steps
