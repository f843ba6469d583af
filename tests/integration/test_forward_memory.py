# SPDX-License-Identifier: AGPL-3.0-or-later
"""A day is streamed: memory follows what is taken at once, not the size of the day."""

import tracemalloc
from pathlib import Path

import pytest

from anpr.forward import taking
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from tests.support.forwarding import DAY, Site, transits


def peak_of(site: Site, count: int) -> int:
    """Bytes that Python held at most while it forwarded so many transits."""
    site.store(transits(count, first=site.stored))
    job = site.job()
    tracemalloc.start()
    try:
        report = run_day(job, DAY).days[0]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.sent == count
    return peak


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    site = Site(database, tmp_path)
    site.profile = {"batch_size": 125}
    return site


def test_four_times_the_transits_take_no_more_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 250)
    peak_of(site, 125)  # first use fills caches of the driver
    small = peak_of(site, 500)
    large = peak_of(site, 2000)
    assert large < small * 1.3
