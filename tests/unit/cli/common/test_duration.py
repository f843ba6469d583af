# SPDX-License-Identifier: AGPL-3.0-or-later
"""Durations as people write them."""

import click
import pytest

from anpr.cli.common.duration import DURATION


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("5m", 300), ("1h", 3600), ("90", 90), ("0.5s", 0.5)])
def test_units(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "fast", "-5s", "0", "5 weeks"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a duration"):
        DURATION.convert(text, None, None)
