# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wilson's interval against published values, and who cries wolf."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.false_reads import cries_wolf, share_of


@pytest.mark.parametrize(
    ("part", "every", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0),
     (81, 263, 0.2553, 0.3662)],
)  # fmt: skip
def test_the_interval_is_wilsons(part: int, every: int, low: float, high: float) -> None:
    share = share_of(part, every)
    assert share.low == pytest.approx(low, abs=1e-4)
    assert share.high == pytest.approx(high, abs=1e-4)
    assert share.value == part / every


def test_of_none_nothing_is_known() -> None:
    share = share_of(0, 0)
    assert (share.value, share.low, share.high) == (0, 0, 1)


@pytest.mark.parametrize(("part", "every"), [(2, 1), (-1, 3)])
def test_a_part_above_the_whole_is_refused(part: int, every: int) -> None:
    with pytest.raises(ValueError, match="of"):
        share_of(part, every)


@given(st.integers(min_value=1, max_value=10**6), st.data())
def test_the_share_lies_in_its_interval(every: int, data: st.DataObject) -> None:
    share = share_of(data.draw(st.integers(min_value=0, max_value=every)), every)
    assert 0 <= share.low <= share.value + 1e-12
    assert share.value - 1e-12 <= share.high <= 1


def test_few_alarms_or_a_low_bound_warn_of_nothing() -> None:
    assert not cries_wolf(share_of(5, 5), 20, 0.3)
    assert not cries_wolf(share_of(8, 20), 20, 0.3), "chance may have added so many"
    assert cries_wolf(share_of(12, 20), 20, 0.3)
    assert not cries_wolf(share_of(0, 1000), 20, 0.3)
