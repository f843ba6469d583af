# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps from the gate to the board, from a reader's histograms."""

import pytest

from scripts.benchmarks.gate_stages import Steps, quantile, stages_of, steps_in

TEXT = """# TYPE anpr_transit_delay_seconds histogram
anpr_transit_delay_seconds_bucket{le="0.1",step="kept"} 3.0
anpr_transit_delay_seconds_bucket{le="0.2",step="kept"} 7.0
anpr_transit_delay_seconds_bucket{le="+Inf",step="kept"} 7.0
anpr_transit_delay_seconds_count{step="kept"} 7.0
"""


def test_a_step_has_the_percentiles_of_what_came_between() -> None:
    before = Steps(counts={"kept": {0.1: 3.0, 0.2: 3.0, float("inf"): 3.0}})
    stages = stages_of(before, steps_in(TEXT), {"ingest": [10.0, 20.0, 30.0]})
    assert stages["kept"] == {"p50": 150.0, "p95": 195.0}
    assert stages["ingest"] == {"p50": 20.0, "p95": 29.0}
    assert "examined" not in stages


@pytest.mark.parametrize(("share", "seconds"), [(0.25, 0.05), (0.5, 0.1), (0.75, 0.15), (1.0, 0.2)])
def test_within_a_bucket_it_is_interpolated(share: float, seconds: float) -> None:
    assert quantile({0.1: 2.0, 0.2: 4.0, float("inf"): 4.0}, share) == pytest.approx(seconds)


def test_past_the_last_bound_it_is_that_bound() -> None:
    assert quantile({0.1: 0.0, float("inf"): 4.0}, 0.5) == 0.1
