# SPDX-License-Identifier: AGPL-3.0-or-later
"""The workload of the centre's benchmark: the same each time."""

from datetime import UTC, datetime

from scripts.benchmarks.centre.workload import Workload

END = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def test_a_workload_is_the_same_each_time_and_its_shares_have_gates_of_their_own() -> None:
    workload = Workload(number=1_000, end=END)
    assert list(workload.transits()) == list(workload.transits())
    shares = [list(workload.transits(share, 2)) for share in (0, 1)]
    assert sum(map(len, shares)) == 1_000
    assert len({transit.id for share in shares for transit in share}) == 1_000
    first, second = ({transit.gate_id for transit in share} for share in shares)
    assert first
    assert not first & second
