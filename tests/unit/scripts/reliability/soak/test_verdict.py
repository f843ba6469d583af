# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether what a process holds grows."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from scripts.command import CannotRunError
from scripts.reliability.soak.sample import Sample
from scripts.reliability.soak.verdict import Verdict, judge

HOUR_S = 3600


def samples(leak_mb_per_hour: float = 0.0, **last: int) -> list[Sample]:
    """An hour, one every 10 s: a warm-up of ten minutes, then 400 MB that flicker, and a spike now and then."""
    chance = random.Random(3)
    found = []
    for at_s in range(0, HOUR_S, 10):
        warm = min(1.0, at_s / 600)
        spike = 60.0 if chance.random() < 0.02 else 0.0
        rss = 170 + 230 * warm + chance.uniform(-4, 4) + spike + leak_mb_per_hour * at_s / HOUR_S
        late = at_s > 0.9 * HOUR_S
        counts = {"looks": at_s * 10, "reads": at_s * 4, "transits": at_s // 5, "threads": 30, "descriptors": 16}
        found.append(Sample(at_s=at_s, rss_mb=rss, **{**counts, **(last if late else {})}))
    return found


def verdict(of: Sequence[Sample]) -> Verdict:
    return judge(of, 600)


def test_warm_up_and_spikes_are_no_leak() -> None:
    found = verdict(samples())
    assert found.flat, found.wrong
    assert abs(found.slope_mb_per_hour) < 2
    assert found.rss_most_mb > 455, "the spikes are told"
    assert found.minutes == pytest.approx(49.8, abs=0.2)


@pytest.mark.parametrize("leak", [15, 160])
def test_a_leak_is_told_with_its_size(leak: float) -> None:
    found = verdict(samples(leak))
    assert not found.flat
    assert found.slope_mb_per_hour == pytest.approx(leak, abs=2)
    assert "memory grows" in found.wrong[0]


def test_what_fell_over_or_did_nothing_is_told() -> None:
    assert "falls 1" in verdict(samples(falls=1)).wrong
    assert "faults 2" in verdict(samples(faults=2)).wrong
    idle = [Sample(at_s=at_s, rss_mb=400, threads=30, descriptors=16) for at_s in range(0, HOUR_S, 10)]
    assert set(verdict(idle).wrong) == {f"no {what} after the warm-up" for what in ("looks", "reads", "transits")}


@pytest.mark.parametrize("name", ["threads", "descriptors"])
def test_more_of_them_at_the_end(name: str) -> None:
    grown = [
        Sample(**{**{field: getattr(one, field) for field in Sample.__dataclass_fields__}, name: 16 + number // 30})
        for number, one in enumerate(samples())
    ]
    assert any(name[:6] in wrong for wrong in verdict(grown).wrong)


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(CannotRunError, match="say nothing"):
        judge(samples()[:3], 0)


def test_a_quick_run_judges_that_the_reader_works_but_not_whether_it_grows() -> None:
    growing = [replace(one, rss_mb=one.rss_mb + one.at_s) for one in samples()]
    assert any("memory grows" in wrong for wrong in judge(growing, 0).wrong)
    assert judge(growing, 0, judges_growth=False).wrong == ()
    idle = [replace(one, reads=0) for one in growing]
    assert judge(idle, 0, judges_growth=False).wrong == ("no reads after the warm-up",)
