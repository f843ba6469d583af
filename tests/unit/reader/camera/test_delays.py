# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps of a live transit's delay are counted."""

from datetime import timedelta

import pytest

from anpr.domain.reasons import DelayStep
from anpr.reader.camera.delays import observe_delays
from anpr.runtime.metrics import REGISTRY
from tests.unit.reader.assemble.scenes import START, Scene, Vehicle, passes_in


def _sum(step: DelayStep) -> float:
    return REGISTRY.get_sample_value("anpr_transit_delay_seconds_sum", {"step": step}) or 0.0


def test_each_step_goes_to_the_next_moment() -> None:
    (made,) = passes_in(Scene(vehicles=(Vehicle(plate="AB123CD", confidence=0.95),)))
    assert made.decision is not None
    before = {step: _sum(step) for step in DelayStep}
    made_at = made.decision.at + timedelta(milliseconds=80)

    observe_delays([made], made_at, made_at + timedelta(milliseconds=20))

    took = {step: _sum(step) - before[step] for step in DelayStep}
    waited = (made.decision.at - made.transit.captured_at).total_seconds()
    assert took[DelayStep.BETTER_IMAGE] == pytest.approx(waited)
    assert took[DelayStep.EXAMINED] == pytest.approx(0.08)
    assert took[DelayStep.KEPT] == pytest.approx(0.02)
    assert made.decision.settled_at is not None
    assert took[DelayStep.SETTLING] == pytest.approx((made.decision.settled_at - START).total_seconds())
