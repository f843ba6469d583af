# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a recording began."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.accept.record.start_time import start_time
from anpr.domain.errors import InputError

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    "name",
    [
        "via-roma_2026-12-01_08-00-05.mp4",
        "20261201T080005.mkv",
        "20261201_080005.mp4",
        "cam3 2026-12-01 08.00.05.avi",
        "NVR_ch1_main_20261201080005_20261201090000.mp4",
    ],
)
def test_the_name_says_it_in_local_time(name: str) -> None:
    assert start_time(Path(name), ROME) == datetime(2026, 12, 1, 7, 0, 5, tzinfo=UTC)


def test_seconds_may_be_missing() -> None:
    assert start_time(Path("2026-06-01_08-00.mp4"), ROME) == datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["film.mp4", "12345678_123456.mp4", "2026-12-01.mp4"])
def test_a_name_without_a_time_is_an_error_that_says_what_to_do(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}: its name does not say when it began.*--start"):
        start_time(Path(name), ROME)
