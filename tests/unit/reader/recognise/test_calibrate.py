# SPDX-License-Identifier: AGPL-3.0-or-later
"""Claims become calibrated probabilities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.read import Candidate
from anpr.reader.network.model_card import Calibration
from anpr.reader.recognise.calibrate import calibrated


def candidates(*shares: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(text=f"AB{number}", probability=share) for number, share in enumerate(shares))


def test_temperature_takes_from_the_likeliest() -> None:
    best, other = calibrated(candidates(0.9, 0.05), Calibration(temperature=2.0))

    assert best.probability < 0.9
    assert other.probability > 0.05


def test_doubt_is_left_open() -> None:
    (best,) = calibrated(candidates(1.0), Calibration(doubt=0.1))

    assert best.probability == pytest.approx(0.9, abs=1e-3)


def test_nothing_stays_nothing() -> None:
    assert calibrated((), Calibration(temperature=2.0, doubt=0.1)) == ()


@given(st.lists(st.floats(0, 0.2), max_size=5), st.floats(0.5, 5), st.floats(0, 0.9))
def test_they_stay_probabilities_in_the_same_order(shares: list[float], temperature: float, doubt: float) -> None:
    before = candidates(*sorted(shares, reverse=True))

    after = calibrated(before, Calibration(temperature=temperature, doubt=doubt))

    assert [c.text for c in after] == [c.text for c in before]
    assert sum(c.probability for c in after) <= 1.0 - doubt + 1e-9
    assert [c.probability for c in after] == sorted((c.probability for c in after), reverse=True)
