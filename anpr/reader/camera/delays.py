# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delay of a live transit, step by step: from the frame that its image shows until it lies in the outbox."""

from collections.abc import Iterable
from datetime import datetime

from anpr.domain.reasons import DelayStep
from anpr.edge.made_transit import MadeTransit
from anpr.runtime.metrics import TRANSIT_DELAYS


def observe_delays(transits: Iterable[MadeTransit], made_at: datetime, kept_at: datetime) -> None:
    """Count the steps of transits that a frame of a live camera completed.

    `made_at` (UTC): they and their images were ready; `kept_at`: the outbox had them.
    """
    for made in transits:
        decision = made.decision
        if decision is None:
            continue
        best_at, settled_at = made.transit.captured_at, decision.settled_at or decision.at
        _observe(DelayStep.BETTER_IMAGE, best_at, decision.at)
        _observe(DelayStep.SETTLING, made.transit.first_seen, settled_at)
        _observe(DelayStep.EXAMINED, decision.at, made_at)
        _observe(DelayStep.KEPT, made_at, kept_at)


def _observe(step: DelayStep, since: datetime, at: datetime) -> None:
    TRANSIT_DELAYS.labels(step).observe(max(0.0, (at - since).total_seconds()))
