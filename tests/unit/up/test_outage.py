# SPDX-License-Identifier: AGPL-3.0-or-later
"""An outage of the database is said once, again every ten minutes, and when it is over."""

from anpr.domain.errors import StoreError
from anpr.runtime.clock import ManualClock
from anpr.up.outage import DatabaseOutage


def test_it_is_said_when_it_begins_when_it_lasts_and_when_it_is_over(clock: ManualClock) -> None:
    said: list[str] = []
    away = False

    def ping() -> None:
        if away:
            raise StoreError("database: no connection within 10 s")

    outage = DatabaseOutage(ping, clock, "Europe/Rome", said.append)
    assert outage.is_over()
    away, began = True, clock.now()
    for _ in range(601):
        assert not outage.is_over()
        clock.advance(1)
    away = False
    assert outage.is_over()
    assert outage.is_over()
    first, again, back = said
    assert first == again
    assert first.startswith("database away since ")
    assert f"{began:%H:%M:%S}"[2:] in first  # minutes and seconds; the hour is the zone's
    assert "database: no connection within 10 s" in first
    assert back == "database back after 601 s"
