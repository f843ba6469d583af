# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live forwarding beside the nightly run: one ledger, one lock, nothing twice; against a real database."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anpr.contract.parsing import sha256_of
from anpr.domain.delivery import LiveState, RunKind, RunOutcome
from anpr.domain.errors import ForwardError
from anpr.domain.transit import ImageRef, ImageRole
from anpr.forward import delivery_client, putting
from anpr.forward.live import LiveSender
from anpr.forward.report import ForwardSummary
from anpr.forward.runs import run_nightly
from anpr.forward.standing import tell_of
from anpr.forward.status import destination_status
from anpr.forward.transport import Receipt, Transport, open_transport
from anpr.settings import DestinationSettings
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.forwarding.runs import ForwardRun, list_runs, run_lock
from anpr.store.forwarding.standing import LiveStanding, destination_standings
from scripts.lab.transits import make_transit
from tests.support.forwarding import Site

EVENING = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)
NOON = EVENING - timedelta(hours=8)


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path) -> Site:
    site = Site(database, tmp_path, EVENING, ours=forward_database)
    site.destination = {"live": True, "live_batch_size": 2}
    return site


@contextmanager
def sending(site: Site) -> Iterator[LiveSender]:
    job = site.job()
    tell_of(job)
    sender = LiveSender(job)
    yield sender
    sender.close()


def later(site: Site, sender: LiveSender, seconds: float = 1.0) -> ForwardSummary:
    """The next turn, so many seconds later."""
    site.clock.advance(seconds)
    return sender.turn()


def store(site: Site, *numbers: int, at: datetime | None = None) -> list[str]:
    """Store transits of these numbers, captured just now; returns their ids."""
    moment = at or site.clock.now() - timedelta(seconds=1)
    made = [make_transit(n, captured_at=moment + timedelta(milliseconds=n)) for n in numbers]
    site.store(made)
    return [str(transit.id) for transit in made]


def standing(site: Site) -> LiveStanding:
    with site.database.transaction() as conn:
        live = destination_standings(conn)["questura"].live
    assert live is not None
    return live


def runs(site: Site) -> list[ForwardRun]:
    """Oldest first."""
    with site.database.transaction() as conn:
        return list(reversed(list_runs(conn, "questura", 100)))


def test_what_is_stored_is_sent_at_the_next_turn_and_the_nightly_run_has_nothing_left(site: Site) -> None:
    with sending(site) as sender:
        assert later(site, sender) == ForwardSummary()
        store(site, 1, 2, 3)
        assert later(site, sender).sent == 2
        assert later(site, sender).sent == 1
        assert sender.turn() == ForwardSummary(), "not before its time"
    assert sorted(len(text.splitlines()) - 1 for text in site.files().values()) == [1, 2]
    (run,) = runs(site)
    assert (run.kind, run.outcome, run.counts["run_sent"]) == (RunKind.LIVE, RunOutcome.COMPLETE, 3)
    assert [event.detail["phase"] for event in site.audit() if event.action is AuditAction.FORWARDED] == [
        "begun",
        "ended",
    ]
    site.clock.advance(12 * 3600)
    report = run_nightly(site.job()).days[-1]
    assert (report.sent, report.stored, report.outcome) == (0, 3, RunOutcome.COMPLETE)
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 3


def test_a_spell_of_an_hour_is_one_run_and_midnight_begins_another(site: Site) -> None:
    site.clock.advance(3 * 3600 + 50 * 60)  # 23:50 in Rome
    with sending(site) as sender:
        for number in range(5):
            store(site, number)
            later(site, sender, 300)
        later(site, sender, 3600)
        store(site, 9)
        later(site, sender)
    assert [(run.day.day, run.counts["run_sent"]) for run in runs(site)] == [(21, 3), (22, 2), (22, 1)]
    assert len(set(site.sent_ids())) == len(site.sent_ids()) == 6


class Down:
    """A destination that is away while `is_down`."""

    def __init__(self) -> None:
        self.is_down = True
        self.tries = 0

    @contextmanager
    def open(self, destination: DestinationSettings, *more: Any) -> Iterator[Transport]:
        if self.is_down:
            self.tries += 1
            raise ForwardError("no route to host")
        with open_transport(destination, *more) as transport:
            yield transport


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Down:
    found = Down()
    monkeypatch.setattr(delivery_client, "open_transport", found.open)
    return found


def test_a_link_that_is_down_is_tried_with_growing_pauses_and_the_newest_comes_first_afterwards(
    site: Site, down: Down
) -> None:
    with sending(site) as sender:
        store(site, 1, 2, 3, 4, 5)
        pauses = []
        for _ in range(10):
            later(site, sender, sender.pause_s() + 0.01)
            pauses.append(round(sender.pause_s()))
        assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
        assert down.tries == 20, "a second try at once, as a server may have closed an idle connection"
        assert (standing(site).state, standing(site).error) == (LiveState.RETRYING, "no route to host")
        (line,) = [line for line in destination_status(site.job()) if " live: " in line]
        assert "retrying since" in line
        assert "no route to host; next try" in line
        assert {(run.outcome, run.error) for run in runs(site)} == {(RunOutcome.FAILED, "no route to host")}
        down.is_down = False
        (newest,) = store(site, 7)
        assert later(site, sender, 901).sent == 4, "the file that failed, under its name, and the newest of the rest"
        assert newest in site.sent_ids()
        assert standing(site).state is LiveState.LIVE
        later(site, sender)
    assert site.states() == {"sent": 6}
    assert len(set(site.sent_ids())) == len(site.sent_ids()) == 6


def test_what_the_link_kept_back_is_sent_by_the_nightly_run_once(site: Site, down: Down) -> None:
    with sending(site) as sender:
        store(site, 1, 2, 3)
        later(site, sender)
        site.clock.advance(9 * 3600)
        down.is_down = False
        assert run_nightly(site.job(), lambda lock: _ignore(sender.turn_within(lock))).days[-1].sent == 3
        assert later(site, sender, 1000) == ForwardSummary()
    assert site.states() == {"sent": 3}
    assert len(set(site.sent_ids())) == len(site.sent_ids()) == 3


def _ignore(_: object) -> None:
    """A callback's result."""


def test_news_does_not_wait_for_the_backlog_of_a_nightly_run(site: Site) -> None:
    site.profile = {"batch_size": 3}
    store(site, *range(9), at=EVENING - timedelta(days=1))
    with sending(site) as sender:
        sent: list[int] = []

        def between(lock: object) -> None:
            store(site, 100 + len(sent))
            site.clock.advance(1)
            sent.append(sender.turn_within(lock).sent)  # type: ignore[arg-type]  # the run's own lock

        assert run_nightly(site.job(), between).days[-1].sent == 9
    assert sent == [1, 1, 1]
    assert len(set(site.sent_ids())) == len(site.sent_ids()) == 12
    assert {run.kind for run in runs(site)} == {RunKind.NIGHTLY, RunKind.LIVE}


def test_a_process_that_dies_between_file_and_ledger_doubles_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As kill -9: nothing is tidied up."""

    def dies(*_: object) -> int:
        raise Killed

    store(site, 1, 2)
    job = site.job()
    tell_of(job)
    with monkeypatch.context() as patched:
        patched.setattr(putting, "close_batches", dies)
        with pytest.raises(Killed):
            LiveSender(job).turn()
    assert (len(site.files()), site.states()) == (1, {"queued": 2})
    with sending(site) as sender:
        assert later(site, sender).sent == 2
    assert (len(site.files()), site.states()) == (1, {"sent": 2})


def test_another_run_of_the_destination_is_waited_for(site: Site) -> None:
    with sending(site) as sender:
        store(site, 1)
        with run_lock(site.database, "questura"):
            assert later(site, sender) == ForwardSummary()
            assert standing(site).state is LiveState.BUSY
        assert later(site, sender, 5).sent == 1


def test_a_transit_waits_for_its_image_without_being_looked_at_each_turn(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {"role": "plate", "how": "file", "file_name": "{transit_id}_{role}.jpg", "max_bytes": 9000}
    site.profile = {"images": [{**rule, "wait_minutes": 10}]}
    data = b"\xff\xd8" + bytes(100)
    image = ImageRef(role=ImageRole.PLATE, sha256=sha256_of(data), size=len(data))
    transit = make_transit(1, captured_at=EVENING, images=(image,))
    looks = []

    def counted(*of: Any) -> putting.BatchResult:
        looks.append(1)
        return putting.send_batch(*of)

    monkeypatch.setattr("anpr.forward.live.sender.send_batch", counted)
    site.store([transit])
    with sending(site) as sender:
        for _ in range(30):
            later(site, sender)
        assert (len(looks), site.states()) == (5, {"queued": 1})
        store(site, 2)
        assert later(site, sender).sent == 1, "the other one does not wait"
        site.store_picture(transit, ImageRole.PLATE, data)
        assert later(site, sender, 60).sent == 1
    assert site.states() == {"sent": 2}


def test_what_arrives_hours_late_is_found_by_a_sweep(site: Site) -> None:
    with sending(site) as sender:
        later(site, sender)
        store(site, 1, at=NOON)
        assert later(site, sender).sent == 0
        assert later(site, sender, 300).sent == 1


def test_status_says_how_long_it_takes_and_whether_nobody_is_heard(site: Site) -> None:
    with sending(site) as sender:
        store(site, 1)
        later(site, sender, 1)
        later(site, sender, 10)
        (line,) = [line for line in destination_status(site.job()) if " live: " in line]
        assert "live since" in line
        assert "1 transits in the last 15 minutes, p50 1.0 s, p95 1.0 s" in line
        site.clock.advance(120)
        assert "SILENT since" in "".join(destination_status(site.job()))


class NotNow:
    """A web service that takes files and says of each that it was sent too early; `times` counts them."""

    times = 0

    def send(self, name: str, data: bytes) -> Receipt:  # noqa: ARG002  the signature is the protocol's
        self.times += 1
        return Receipt(name=name, status="200", data=b'{"esito": "AGAIN"}')

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002
        return None


def test_what_is_to_be_sent_again_later_is_not_sent_again_each_second(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"format": "json", "code": "esito"}
    site.profile = {"answers": {"kind": "reply", "ok": ["OK"], "transient": ["AGAIN"], "body": body}}
    office = NotNow()
    monkeypatch.setattr(delivery_client, "open_transport", lambda *_: nullcontext(office))
    store(site, 1)
    with sending(site) as sender:
        for _ in range(60):
            later(site, sender)
    assert (office.times, site.states()) == (6, {"queued": 1})


def test_a_burst_does_not_wait_a_second_for_each_file(site: Site) -> None:
    store(site, *range(5))
    with sending(site) as sender:
        sent = [later(site, sender, 0.01).sent for _ in range(4)]
    assert sent == [2, 2, 1, 0]


def test_nothing_is_sent_live_without_an_agreement(site: Site) -> None:
    site.destination |= {"protocol": ""}
    with sending(site) as sender:
        store(site, 1)
        assert later(site, sender) == ForwardSummary(failures=1)
        assert "no agreement is recorded" in str(standing(site).error)
    assert (site.files(), runs(site)) == ({}, [])
