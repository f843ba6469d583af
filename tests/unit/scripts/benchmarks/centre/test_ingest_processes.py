# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a drain's figures are made of."""

import pytest

from scripts.benchmarks.centre.ingest_processes import Drained, Look
from scripts.command import CannotRunError


def _drained(*counted: tuple[int, int]) -> Drained:
    return Drained(looks=[Look(after_s=float(second), counted=each) for second, each in enumerate(counted)])


def test_only_the_time_counts_in_which_both_work() -> None:
    alone = [(0, 0), (90, 0), (180, 0)]
    together = [(200, 10), (210, 20), (220, 30), (230, 40), (240, 50)]
    drained = _drained(*alone, *together, (250, 55), (250, 99))
    assert drained.per_s == 20
    assert (drained.number, drained.seconds) == (349, 9.0)


def test_processes_that_never_worked_side_by_side_give_no_figure() -> None:
    with pytest.raises(CannotRunError, match="side by side"):
        assert _drained((0, 0), (100, 0), (200, 0), (200, 100)).per_s
