# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forwarder's loop against a real database, with a clock that moves when it is waited on: nothing sleeps."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.errors import ForwardError, StoreError
from anpr.forward import delivery_client, runs
from anpr.forward.report import ForwardSummary
from anpr.forward.serve import run_forwarder
from anpr.forward.transport import Transport, open_transport
from anpr.runtime.clock import ManualClock
from anpr.settings import DestinationSettings
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.forwarding.runs import ForwardRun, list_runs, run_lock
from scripts.lab.transits import make_transit
from tests.support.forwarding import DAY, NIGHT, Site, transits

EVENING = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)


class ClockUntil(ManualClock):
    """Sets `stop` when it reaches `end`; does what is planned for a moment when it passes it."""

    def __init__(self, start: datetime, end: datetime) -> None:
        super().__init__(start)
        self.end = end
        self.plan: dict[datetime, Any] = {}

    def wait(self, event: threading.Event, seconds: float) -> bool:
        super().wait(event, min(seconds, max((self.end - self.now()).total_seconds(), 0)))
        for moment in sorted(at for at in self.plan if at <= self.now()):
            self.plan.pop(moment)()
        if self.now() >= self.end:
            event.set()
        return event.is_set()


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path) -> Site:
    return Site(database, tmp_path, EVENING, ours=forward_database)


def serve(site: Site, hours: float) -> ForwardSummary:
    """Run the forwarder from the site's present on."""
    site.stop.clear()
    site.clock = as_clock(site, hours)
    return run_forwarder(site.settings(), site.ours, site.images, site.clock, site.stop)


def as_clock(site: Site, hours: float) -> ClockUntil:
    clock = ClockUntil(site.clock.now(), site.clock.now() + timedelta(hours=hours))
    if isinstance(site.clock, ClockUntil):
        clock.plan = site.clock.plan
    return clock


def forward_runs(site: Site) -> list[ForwardRun]:
    """Oldest first."""
    with site.database.transaction() as conn:
        return list(reversed(list_runs(conn, "questura", 1000)))


def test_every_night_at_its_hour_the_day_before_is_sent(site: Site) -> None:
    site.store([make_transit(n, captured_at=EVENING + timedelta(hours=12 * n)) for n in range(5)])
    summary = serve(site, hours=72)
    assert summary == ForwardSummary(sent=5)
    nights = [NIGHT + timedelta(days=n) for n in range(3)]
    assert [run.started_at for run in forward_runs(site)] == [EVENING, *nights]
    assert [run.day for run in forward_runs(site)] == [DAY + timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [run.counts["run_sent"] for run in forward_runs(site)] == [0, 1, 2, 2]
    assert {run.kind for run in forward_runs(site)} == {RunKind.NIGHTLY}


def test_a_night_that_was_missed_is_made_up_for_at_the_start_and_one_that_was_not_is_left(site: Site) -> None:
    site.clock = ManualClock(NIGHT + timedelta(hours=5))
    site.store(transits(2))
    assert serve(site, hours=1).sent == 2
    assert serve(site, hours=1) == ForwardSummary()
    assert len(forward_runs(site)) == 1


def test_an_interval_sends_what_is_new_each_time(site: Site) -> None:
    site.destination = {"every_s": 20.0}
    clock = ClockUntil(EVENING, EVENING)
    news = transits(3, since=EVENING - timedelta(minutes=1))
    site.store(news[:1])
    site.clock = clock
    clock.plan = {EVENING + timedelta(seconds=30 + 60 * n): lambda t=t: site.store([t]) for n, t in enumerate(news[1:])}
    assert serve(site, hours=0.05).sent == 3
    started = [(run.started_at - EVENING).total_seconds() for run in forward_runs(site)]
    assert started == [0, 40, 100]
    assert {run.kind for run in forward_runs(site)} == {RunKind.INTERVAL}
    assert sorted(site.sent_ids()) == sorted(str(t.id) for t in news)


class Away:
    """A destination that is away until a moment."""

    def __init__(self, clock: ManualClock, until: datetime, *, permanent: bool = False) -> None:
        self.clock, self.until, self.permanent = clock, until, permanent

    @contextmanager
    def open(self, destination: DestinationSettings, *more: Any) -> Iterator[Transport]:
        if self.clock.now() < self.until:
            raise ForwardError("no route to host", permanent=self.permanent)
        with open_transport(destination, *more) as transport:
            yield transport


def serve_away(site: Site, monkeypatch: pytest.MonkeyPatch, hours: float, *, permanent: bool) -> list[float]:
    """Serve with a destination that is away for two hours; returns when runs started, in seconds."""
    clock = as_clock(site, hours)
    monkeypatch.setattr(
        delivery_client, "open_transport", Away(clock, NIGHT + timedelta(hours=2), permanent=permanent).open
    )
    run_forwarder(site.settings(), site.ours, site.images, clock, site.stop)
    found = forward_runs(site)
    assert all((run.outcome is RunOutcome.FAILED) == (run.error == "no route to host") for run in found)
    return [(run.started_at - NIGHT).total_seconds() for run in forward_runs(site)]


def test_a_failed_night_is_tried_again_with_growing_pauses_until_it_succeeds(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.clock = ManualClock(NIGHT)
    site.store(transits(2))
    started = serve_away(site, monkeypatch, hours=12, permanent=False)
    pauses = [later - earlier - 26 for earlier, later in pairwise(started)]  # 26 s of tries each
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600]
    assert forward_runs(site)[-1].outcome is RunOutcome.COMPLETE
    assert site.states() == {"sent": 2}


def test_what_only_people_can_put_right_is_looked_at_once_an_hour(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.clock = ManualClock(NIGHT)
    site.store(transits(2))
    assert serve_away(site, monkeypatch, hours=12, permanent=True) == [0, 3600, 7200]
    assert site.states() == {"sent": 2}


def test_a_database_that_goes_away_is_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.clock = ManualClock(NIGHT)
    site.store(transits(2))
    real, calls = run_lock, []

    def fails_once(database: Database, destination: str) -> Any:
        calls.append(destination)
        if len(calls) == 1:
            raise StoreError("database: connection refused")
        return real(database, destination)

    monkeypatch.setattr(runs, "run_lock", fails_once)
    assert serve(site, hours=1) == ForwardSummary(sent=2, failures=1)
    assert "destination questura: database: connection refused" in caplog.text


def test_an_agreement_that_ends_while_serving_ends_the_sending_loudly(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.destination = {"protocol_until": date(2026, 11, 22)}
    site.store([make_transit(n, captured_at=EVENING + timedelta(hours=12 * n)) for n in range(5)])
    assert serve(site, hours=72) == ForwardSummary(sent=1, failures=2)
    refused = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(refused) == 2
    assert "refused: forwarding.questura.protocol_until: the agreement ended on 2026-11-22" in refused[0].getMessage()
    assert [run.outcome for run in forward_runs(site)][-2:] == [RunOutcome.FAILED] * 2
    last = site.audit()[-1]
    assert (last.action, last.detail["phase"], last.detail["error"]) == (
        AuditAction.FORWARDED,
        "ended",
        forward_runs(site)[-1].error,
    )


def test_without_any_valid_agreement_the_forwarder_does_not_start(site: Site) -> None:
    site.destination = {"protocol": ""}
    with pytest.raises(ForwardError, match=r"forwarding\.questura\.protocol: no agreement is recorded"):
        serve(site, hours=1)


def test_a_wrong_profile_stops_the_start(site: Site) -> None:
    site.profile = {"batch_size": 0}
    with pytest.raises(ForwardError, match=r"profile\.yaml: batch_size: "):
        serve(site, hours=1)


def test_without_destinations_it_waits_to_be_stopped(site: Site) -> None:
    settings = site.settings().model_copy(update={"forwarding": ()})
    clock = as_clock(site, hours=1)
    assert run_forwarder(settings, site.ours, site.images, clock, site.stop) == ForwardSummary()
    assert clock.now() == EVENING + timedelta(hours=1)


def test_a_bug_in_one_destination_stops_the_process_and_is_not_hidden(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runs, "run_lock", bug)
    with pytest.raises(ZeroDivisionError):
        serve(site, hours=100)
    assert site.stop.is_set()
