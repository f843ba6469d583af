# SPDX-License-Identifier: AGPL-3.0-or-later
"""A run against a real database: what is sent, what the ledger says, and that the two always agree."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Counter

from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.errors import ForwardError, InputError, StoreError
from anpr.domain.transit import ImageRole
from anpr.forward import delivery_client
from anpr.forward.preview import preview_day
from anpr.forward.requeue import requeue_day
from anpr.forward.runs import run_day, run_interval, run_nightly
from anpr.forward.transport import Receipt, Transport, open_transport
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, checked_receipt
from anpr.runtime.metrics import DELIVERIES
from anpr.settings import DestinationSettings
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.forwarding.runs import list_runs, run_lock
from anpr.store.images.image_store import named_key
from scripts.lab.ssh_server import SshServer
from scripts.lab.transits import make_transit, with_images
from tests.support.forwarding import DAY, NIGHT, Site, transits

DAYS = timedelta(days=1)
HOURS = timedelta(hours=1)


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path) -> Site:
    return Site(database, tmp_path, ours=forward_database)


def value(outcome: str, counter: Counter = DELIVERIES) -> float:
    return sum(
        sample.value
        for metric in counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["outcome"] == outcome
    )


def test_a_night_sends_the_day_before_in_batches_and_nothing_of_today(site: Site) -> None:
    stored = transits(7)
    today = make_transit(1, captured_at=NIGHT - timedelta(minutes=5), id=make_transit(900).id)
    site.store([*stored, today])
    before = value("sent")
    report = run_nightly(site.job())
    assert list(site.files()) == [f"T_questura_20261121_{n:03d}.csv" for n in (1, 2, 3)]
    assert site.sent_ids() == [str(t.id) for t in stored]
    assert site.states() == {"sent": 7}
    done = next(day for day in report.days if day.day == DAY)
    assert (done.outcome, done.stored, done.sent, done.files) == (RunOutcome.COMPLETE, 7, 7, 3)
    assert done.bytes == sum(len(text.encode()) + text.count("\n") for text in site.files().values())
    assert "stored 7 = sent 7 + accepted 0 + rejected 0 + expired 0 + queued 0" in str(done)
    assert value("sent") - before == 7


def test_a_run_leaves_its_report_and_two_entries_in_the_audit(site: Site) -> None:
    site.store(transits(4))
    run_day(site.job(), DAY)
    with site.database.transaction() as conn:
        run = list_runs(conn, "questura")[0]
    assert (run.kind, run.outcome, run.day, run.error) == (RunKind.MANUAL, RunOutcome.COMPLETE, DAY, None)
    assert run.profile == "test 1, example"
    assert run.counts["stored"] == run.counts["sent"] == run.counts["run_sent"] == 4
    begun, ended = site.audit()
    assert begun.action is ended.action is AuditAction.FORWARDED
    assert begun.reason == ended.reason == "Protocollo 12/2026"
    assert (begun.detail["phase"], ended.detail["phase"]) == ("begun", "ended")
    assert ended.detail["counts"]["run_sent"] == 4
    assert ended.detail["target"] == f"directory:{site.arrived}"


def test_a_second_run_sends_only_what_came_late(site: Site) -> None:
    site.store(transits(4))
    run_nightly(site.job())
    run_nightly(site.job())
    assert len(site.files()) == 2
    late = transits(2, first=100)
    site.store(late)
    report = run_nightly(site.job())
    assert sum(day.sent for day in report.days) == 2
    assert site.files()["T_questura_20261121_003.csv"].splitlines()[1:] == [f"{t.id};{t.plate}" for t in late]
    assert site.states() == {"sent": 6}
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 6


def test_what_cannot_be_written_is_rejected_and_the_rest_is_sent(site: Site) -> None:
    site.profile = {"fields": [{"name": "id", "source": "transit.id"}, {"name": "lane", "source": "lane", "length": 2}]}
    site.store([make_transit(1), make_transit(2, lane="middle"), make_transit(3)])
    report = run_day(site.job(), DAY).days[0]
    assert (report.outcome, report.sent, report.rejected) == (RunOutcome.COMPLETE, 2, 1)
    assert site.states() == {"sent": 2, "rejected": 1}
    assert [row["reason"] for row in site.ledger_rows()] == [None, "lane: 6 characters, at most 2", None]


def test_rejected_transits_are_queued_again_once_the_profile_is_right(site: Site) -> None:
    test_what_cannot_be_written_is_rejected_and_the_rest_is_sent(site)
    site.profile = {"fields": [{"name": "id", "source": "transit.id"}, {"name": "lane", "source": "lane", "length": 9}]}
    assert requeue_day(site.job(), DAY, "os:admin", "lane was too short") == 1
    assert run_day(site.job(), DAY).days[0].sent == 1
    assert site.states() == {"sent": 3}
    assert [e.reason for e in site.audit() if e.actor == "os:admin"] == ["lane was too short"]
    with pytest.raises(InputError, match="--reason"):
        requeue_day(site.job(), DAY, "os:admin", " ")


def test_a_batch_of_rejected_transits_makes_no_file_and_uses_no_number(site: Site) -> None:
    site.profile = {
        "fields": [{"name": "id", "source": "transit.id"}, {"name": "way", "source": "direction", "required": True}]
    }
    site.store(transits(4))
    assert run_day(site.job(), DAY).days[0].rejected == 4
    assert site.files() == {}
    assert {row["batch"] for row in site.ledger_rows()} == {None}  # the number is another file's
    site.profile = {}
    requeue_day(site.job(), DAY, "os:admin", "direction is not needed")
    run_day(site.job(), DAY)
    assert list(site.files()) == ["T_questura_20261121_001.csv", "T_questura_20261121_002.csv"]


def test_missed_days_are_caught_up_and_what_is_past_retention_is_never_sent(site: Site) -> None:
    kept = transits(2, since=NIGHT - 5 * DAYS)
    past = transits(3, since=NIGHT - 8 * DAYS, first=50)
    # The oldest day is split: what was captured before 02:30 a week ago is past retention, what came after is not.
    split = [
        make_transit(80, captured_at=NIGHT - 7 * DAYS - timedelta(seconds=1)),
        make_transit(81, captured_at=NIGHT - 7 * DAYS + timedelta(seconds=1)),
    ]
    site.store([*kept, *past, *split])
    report = run_nightly(site.job())
    assert report.expired == 4
    assert sorted(site.sent_ids()) == sorted(str(t.id) for t in [*kept, split[1]])
    assert [row["reason"] for row in site.ledger_rows() if row["state"] == "expired"] == ["past retention"] * 4
    assert [day.day for day in report.days] == [date(2026, 11, 15), date(2026, 11, 17), DAY]
    expired = [e for e in site.audit() if e.action is AuditAction.FORWARD_EXPIRED]
    assert [e.detail for e in expired] == [{"destination": "questura", "transits": {"2026-11-14": 3, "2026-11-15": 1}}]
    assert run_nightly(site.job()).expired == 0


def test_what_waited_too_long_for_a_destination_expires(site: Site) -> None:
    site.store(transits(2))
    site.arrived.write_text("a file where the folder should be")
    report = run_nightly(site.job())
    assert report.is_permanent
    assert report.days[-1].outcome is RunOutcome.FAILED
    assert site.states() == {"queued": 2}
    site.arrived.unlink()
    site.clock.advance(8 * 86_400)
    assert run_nightly(site.job()).expired == 2
    assert site.states() == {"expired": 2}
    assert site.files() == {}


def test_a_day_past_retention_or_in_the_future_is_refused(site: Site) -> None:
    with pytest.raises(InputError, match="is past retention"):
        run_day(site.job(), date(2026, 11, 14))
    with pytest.raises(InputError, match="lies in the future"):
        run_day(site.job(), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"protocol": "  "}, "forwarding.questura.protocol: no agreement is recorded"),
        (
            {"protocol_until": date(2026, 11, 21)},
            "forwarding.questura.protocol_until: the agreement ended on 2026-11-21",
        ),
    ],
)
def test_without_a_valid_agreement_nothing_leaves(site: Site, changes: dict[str, Any], complaint: str) -> None:
    site.destination = changes
    site.store(transits(2))
    with pytest.raises(ForwardError) as caught:
        run_nightly(site.job())
    assert str(caught.value).startswith(complaint)
    assert site.files() == {}
    assert site.ledger_rows() == []


def test_the_agreements_last_day_still_counts(site: Site) -> None:
    site.destination = {"protocol_until": date(2026, 11, 22)}
    site.store(transits(1))
    assert run_nightly(site.job()).days[-1].sent == 1


def test_a_transport_the_profile_does_not_allow_is_refused(site: Site) -> None:
    site.profile = {"transports": ["sftp"]}
    with pytest.raises(ForwardError, match=r"forwarding\.questura\.target: profile test allows sftp, not directory"):
        site.job()


def test_two_runs_for_one_destination_never_overlap(site: Site) -> None:
    site.store(transits(2))
    with run_lock(site.database, "questura") as lock:
        assert lock is not None
        report = run_nightly(site.job())
        assert report.busy
        assert report.has_failed
        assert site.files() == {}
        with run_lock(site.database, "another") as other:
            assert other is not None
    assert not run_nightly(site.job()).busy


@pytest.mark.parametrize(
    ("day", "first", "last", "seconds"),
    [
        (
            date(2026, 3, 29),
            datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
            datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
            23 * 3600,
        ),
        (
            date(2026, 10, 25),
            datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
            datetime(2026, 10, 25, 23, 0, tzinfo=UTC),
            25 * 3600,
        ),
    ],
)
def test_a_day_when_the_clocks_change_is_forwarded_whole(
    database: Database, tmp_path: Path, day: date, first: datetime, last: datetime, seconds: int
) -> None:
    site = Site(database, tmp_path, start=last + timedelta(hours=3))
    inside = [make_transit(n, captured_at=first + timedelta(minutes=30 * n)) for n in range(seconds // 1800)]
    outside = [
        make_transit(900, captured_at=first - timedelta(microseconds=1)),
        make_transit(901, captured_at=last),
    ]
    site.store([*inside, *outside])
    report = run_day(site.job(), day).days[0]
    assert (report.stored, report.sent, report.outcome) == (len(inside), len(inside), RunOutcome.COMPLETE)
    assert site.sent_ids() == [str(t.id) for t in inside]


CRASH = """
import os, signal, sys
from datetime import date
from pathlib import Path
from anpr.forward import batch, putting
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from tests.support.forwarding import Site

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(putting if hasattr(putting, sys.argv[3]) else batch, sys.argv[3], die)
with Database(sys.argv[1]) as database:
    run_day(Site(database, Path(sys.argv[2])).job(), date(2026, 11, 21))
"""


@pytest.mark.parametrize("moment", ["lay_out", "close_batches"], ids=["before the upload", "after the upload"])
def test_a_run_killed_around_the_upload_neither_loses_nor_doubles(
    site: Site, database_url: str, repository: Path, moment: str
) -> None:
    stored = transits(7)
    site.store(stored)
    command = [sys.executable, "-c", CRASH, database_url, str(site.folder), moment]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(site.files()) == (["T_questura_20261121_001.csv"] if moment == "close_batches" else [])
    assert site.states() == {"queued": 7}
    # A profile changed in the meantime must not give the file that may be out there another name.
    site.profile = {"file_name": "NEW_{day:%Y%m%d}_{batch}.csv"}
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.outcome) == (7, RunOutcome.COMPLETE)
    assert set(site.files()) == {"T_questura_20261121_001.csv", "NEW_20261121_2.csv", "NEW_20261121_3.csv"}
    assert sorted(site.sent_ids()) == [str(t.id) for t in stored]
    assert site.states() == {"sent": 7}
    with site.database.transaction() as conn:
        killed = list_runs(conn, "questura")[-1]
    assert killed.outcome is None
    assert [e.detail["phase"] for e in site.audit()] == ["begun", "begun", "ended"]


class Flaky:
    """A transport that fails at given calls of `send`, counted from 1 over all connections."""

    def __init__(self, failures: dict[int, ForwardError]) -> None:
        self.failures = failures
        self.calls = 0
        self.connections = 0

    @contextmanager
    def open(self, destination: DestinationSettings, *more: Any) -> Iterator[Transport]:
        self.connections += 1
        with open_transport(destination, *more) as real:
            self._real = real
            yield self

    def send(self, name: str, data: bytes) -> Receipt:
        self.calls += 1
        if self.calls in self.failures:
            raise self.failures[self.calls]
        return self._real.send(name, data)

    def fetch(self, name: str) -> Receipt | None:
        return self._real.fetch(name)


Break = Callable[[dict[int, ForwardError]], Flaky]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Break:
    def make(failures: dict[int, ForwardError]) -> Flaky:
        flaky = Flaky(failures)
        monkeypatch.setattr(delivery_client, "open_transport", flaky.open)
        return flaky

    return make


def test_what_may_pass_is_tried_again_with_growing_pauses(site: Site, broken: Break) -> None:
    flaky = broken({2: ForwardError("reset"), 3: ForwardError("reset")})
    site.store(transits(7))
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.error) == (7, None)
    assert (flaky.calls, flaky.connections) == (5, 3)
    assert site.clock.now() - NIGHT == timedelta(seconds=1 + 5)
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 7


def test_a_destination_that_stays_away_keeps_its_queue_for_the_next_run(site: Site, broken: Break) -> None:
    broken({n: ForwardError("no route to host") for n in range(2, 6)})
    site.store(transits(7))
    report = run_day(site.job(), DAY)
    assert (report.days[0].error, report.is_permanent) == ("no route to host", False)
    assert site.states() == {"sent": 3, "queued": 4}
    assert run_day(site.job(), DAY).days[0].sent == 4
    assert list(site.files()) == [f"T_questura_20261121_{n:03d}.csv" for n in (1, 2, 3)]
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 7


def test_what_will_not_pass_is_not_tried_again(site: Site, broken: Break) -> None:
    flaky = broken({1: ForwardError("no such folder", permanent=True)})
    site.store(transits(2))
    report = run_day(site.job(), DAY)
    assert report.is_permanent
    assert flaky.calls == 1
    assert site.clock.now() == NIGHT


def test_a_run_that_is_stopped_ends_after_its_batch_and_says_so(site: Site, broken: Break) -> None:
    flaky = broken({})
    real = flaky.send

    def send_and_stop(name: str, data: bytes) -> Receipt:
        receipt = real(name, data)
        site.stop.set()
        return receipt

    flaky.send = send_and_stop  # type: ignore[method-assign]
    site.store(transits(7))
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.error, report.outcome) == (3, "stopped before the end", RunOutcome.FAILED)
    site.stop.clear()
    flaky.send = real  # type: ignore[method-assign]
    assert run_day(site.job(), DAY).days[0].outcome is RunOutcome.COMPLETE
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 7


PHOTO = {
    "fields": [{"name": "id", "source": "transit.id"}, {"name": "photo", "source": "image.plate.name"}],
    "images": [
        {"role": "plate", "how": "file", "max_bytes": 4096, "wait_minutes": 10, "file_name": "{transit_id}.txt"}
    ],
}


def test_a_transit_waits_for_its_picture_but_not_for_ever(site: Site) -> None:
    site.profile = PHOTO
    data = b"picture"
    moment = NIGHT - timedelta(minutes=2)
    comes, never = (with_images(make_transit(n, captured_at=moment), {ImageRole.PLATE: data})[0] for n in (1, 2))
    plain = make_transit(3, captured_at=moment)
    site.store([comes, never, plain])
    today = DAY + DAYS
    first = run_interval(site.job(), catch_up=True).days[0]
    assert (first.outcome, first.sent, site.states(today)) == (RunOutcome.INCOMPLETE, 1, {"queued": 2, "sent": 1})
    site.store_picture(comes, ImageRole.PLATE, data)
    assert run_interval(site.job(), catch_up=False).days[0].sent == 1
    assert site.files()[f"{comes.id}.txt"] == "picture"
    site.clock.advance(600)
    assert run_interval(site.job(), catch_up=False).days[0].sent == 1
    assert site.states(today) == {"sent": 3}
    assert site.files()["T_questura_20261122_003.csv"].splitlines()[1:] == [f"{never.id};"]


def test_an_image_that_was_altered_where_it_is_stored_is_sent_to_nobody(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.profile = PHOTO
    data = b"picture"
    moment = NIGHT - timedelta(minutes=11)  # past the profile's patience
    altered, whole = (with_images(make_transit(n, captured_at=moment), {ImageRole.PLATE: data})[0] for n in (1, 2))
    site.store([altered, whole])
    for transit in (altered, whole):
        site.store_picture(transit, ImageRole.PLATE, data)
    (site.folder / "images" / named_key(altered, ImageRole.PLATE)).write_bytes(b"forged!")
    assert run_interval(site.job(), catch_up=True).days[0].sent == 2
    files = site.files()
    assert files.pop(f"{whole.id}.txt") == "picture"
    [records] = files.values()
    assert records.splitlines()[1:] == [f"{altered.id};", f"{whole.id};{whole.id}.txt"]
    assert f"destination questura: not sent: image {named_key(altered, ImageRole.PLATE)}" in caplog.text


def test_an_interval_without_news_leaves_no_trace(site: Site) -> None:
    site.store(transits(2))
    run_interval(site.job(), catch_up=True)
    entries = len(site.audit())
    assert run_interval(site.job(), catch_up=False).days == ()
    assert len(site.audit()) == entries == 2


RECEIPT = {"answers": {"kind": "receipt", "ok": ["OK"], "permanent": ["E1"], "transient": ["E2"]}}


def test_receipts_settle_what_was_sent(site: Site) -> None:
    site.profile = RECEIPT
    stored = transits(3)
    site.store(stored)
    assert run_day(site.job(), DAY).days[0].outcome is RunOutcome.COMPLETE
    codes = zip(stored, ("OK", "E1", "E2"), strict=True)
    (site.arrived / "T_questura_20261121_001.csv.esito").write_text("".join(f"{t.id};{code}\n" for t, code in codes))
    report = run_day(site.job(), DAY).days[0]
    assert (report.accepted, report.rejected) == (1, 1)
    assert site.states() == {"accepted": 1, "rejected": 1, "queued": 1}
    assert [row["reason"] for row in site.ledger_rows()] == [None, "answered 'E1'", None]
    assert run_day(site.job(), DAY).days[0].sent == 1
    (site.arrived / "T_questura_20261121_002.csv.esito").write_text("*;OK\n")
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 2, "rejected": 1}


def test_a_receipt_that_cannot_be_read_is_a_failure_and_changes_nothing(site: Site) -> None:
    site.profile = RECEIPT
    site.store(transits(4))
    run_day(site.job(), DAY)
    (site.arrived / "T_questura_20261121_001.csv.esito").write_text("<html>error</html>\n")
    (site.arrived / "T_questura_20261121_002.csv.esito").write_text("*;OK\n")
    report = run_day(site.job(), DAY).days[0]
    assert report.outcome is RunOutcome.FAILED
    assert report.error == "receipt T_questura_20261121_001.csv.esito, row 1: 1 columns, too few"
    assert site.states() == {"sent": 3, "accepted": 1}


def test_a_receipt_that_cannot_be_read_keeps_no_later_day_here(site: Site) -> None:
    site.profile = RECEIPT
    site.store(transits(2))
    run_nightly(site.job())
    (site.arrived / "T_questura_20261121_001.csv.esito").write_text("<html>error</html>\n")
    site.store(transits(2, since=NIGHT + 10 * HOURS))
    site.clock.advance(DAYS.total_seconds())
    report = run_nightly(site.job())
    assert [day.outcome for day in report.days] == [RunOutcome.FAILED, RunOutcome.COMPLETE]
    assert report.has_failed
    assert site.states(DAY + DAYS) == {"sent": 2}


def test_a_receipt_too_large_to_be_read_is_at_fault_alone() -> None:
    receipt = checked_receipt("there", "T.esito", bytes(MAX_RECEIPT_BYTES + 1))
    assert (receipt.data, receipt.unread) == (None, f"there: more than {MAX_RECEIPT_BYTES} bytes")


class Refusing:
    """A transport like HTTPS that answers 415 to one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[str] = []

    @contextmanager
    def open(self, *_: Any) -> Iterator[Transport]:
        yield self

    def send(self, name: str, data: bytes) -> Receipt:
        self.sent.append(f"{name} {data.decode()}")
        return Receipt(name=name, status="415" if name == self.name else "200")

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002  the signature is the protocol's
        return None


def test_an_image_that_is_refused_for_good_rejects_its_transit_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.profile = {**PHOTO, "answers": {"kind": "none", "status": {"permanent": ["415"]}}}
    first, second = (with_images(each, {ImageRole.PLATE: b"picture"})[0] for each in transits(2))
    site.store([first, second])
    for each in (first, second):
        site.store_picture(each, ImageRole.PLATE, b"picture")
    office = Refusing(f"{first.id}.txt")
    monkeypatch.setattr(delivery_client, "open_transport", office.open)
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.rejected, report.error) == (1, 1, None)
    assert [row["reason"] for row in site.ledger_rows()] == ["picture: answered 415", None]
    assert [name.split()[0] for name in office.sent] == [
        f"{first.id}.txt", f"{second.id}.txt", "T_questura_20261121_001.csv"
    ]  # fmt: skip
    assert str(first.id) not in office.sent[-1]
    assert str(second.id) in office.sent[-1]


class Replying:
    """A transport like HTTPS: the reply to a file of records is the receipt, and nothing can be fetched."""

    def __init__(self, reply: Callable[[bytes], bytes]) -> None:
        self.reply = reply

    @contextmanager
    def open(self, destination: DestinationSettings, *more: Any) -> Iterator[Transport]:
        with open_transport(destination, *more) as self._real:
            yield self

    def send(self, name: str, data: bytes) -> Receipt:
        sent = self._real.send(name, data)
        return Receipt(name=f"{name} reply", data=self.reply(data)) if name.endswith(".csv") else sent

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002  the signature is the protocol's
        return None


def answer_in_turn(data: bytes) -> bytes:
    ids = [line.split(";")[0] for line in data.decode().splitlines()[1:]]
    return "".join(f"{id};{code}\n" for id, code in zip(ids, ("OK", "E1", "E2"), strict=False)).encode()


def test_a_reply_that_is_a_receipt_settles_the_batch_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_client, "open_transport", Replying(answer_in_turn).open)
    site.profile = RECEIPT
    site.store(transits(3))
    before = {outcome: value(outcome) for outcome in ("sent", "accepted", "rejected")}
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.accepted, report.rejected) == (3, 1, 1)
    assert report.outcome is RunOutcome.INCOMPLETE
    assert site.states() == {"accepted": 1, "rejected": 1, "queued": 1}
    assert {outcome: value(outcome) - count for outcome, count in before.items()} == {
        "sent": 3,
        "accepted": 1,
        "rejected": 1,
    }
    assert run_day(site.job(), DAY).days[0].accepted == 1
    assert site.states() == {"accepted": 2, "rejected": 1}


def test_a_reply_that_cannot_be_read_is_a_failure_and_the_transits_stay_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_client, "open_transport", Replying(lambda _: b"<html>thanks</html>").open)
    site.profile = RECEIPT
    site.store(transits(2))
    report = run_day(site.job(), DAY).days[0]
    assert report.error == "receipt T_questura_20261121_001.csv reply, row 1: 1 columns, too few"
    assert site.states() == {"sent": 2}


def test_a_reply_is_not_read_where_the_profile_expects_no_receipt(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_client, "open_transport", Replying(lambda _: b"200 OK").open)
    site.store(transits(2))
    assert run_day(site.job(), DAY).days[0].error is None
    assert site.states() == {"sent": 2}


def test_a_dry_run_tells_everything_and_changes_nothing(site: Site) -> None:
    site.profile = {"fields": [{"name": "id", "source": "transit.id"}, {"name": "lane", "source": "lane", "length": 2}]}
    site.store([*transits(4), make_transit(9, lane="middle")])
    site.destination = {"protocol_until": date(2026, 1, 1)}
    preview = preview_day(site.job(), DAY, "os:admin")
    assert [(name, records) for name, _, records in preview.files] == [
        ("T_questura_20261121_001.csv", 3),
        ("T_questura_20261121_002.csv", 1),
    ]
    assert preview.rejected == {"lane: 6 characters, at most 2": 1}
    assert "the agreement ended on 2026-01-01" in (preview.refusal or "")
    assert preview.sample.splitlines()[1] == f"{make_transit(0).id};1"
    assert site.files() == {}
    assert site.ledger_rows() == []
    (entry,) = site.audit()
    assert (entry.actor, entry.action, entry.detail["dry_run"]) == ("os:admin", AuditAction.EXPORTED, True)


def test_a_dry_run_after_a_run_shows_what_is_left(site: Site) -> None:
    site.store(transits(4))
    run_day(site.job(), DAY)
    site.store(transits(1, first=50))
    preview = preview_day(site.job(), DAY, "os:admin")
    assert [(name, records) for name, _, records in preview.files] == [("T_questura_20261121_003.csv", 1)]


HOLD = """
import os, signal, sys
from anpr.store.database.connection import Database
from anpr.store.forwarding.runs import run_lock

with Database(sys.argv[1]) as database, run_lock(database, "questura") as lock:
    assert lock is not None
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_no_lock_behind(site: Site, database_url: str, repository: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HOLD, database_url], cwd=repository, check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL
    assert not run_nightly(site.job()).busy


def test_the_lock_is_free_for_the_next_run_at_once(site: Site) -> None:
    for _ in range(30):
        with run_lock(site.database, "questura") as lock:
            assert lock is not None


def test_a_lost_lock_ends_the_run_before_the_next_batch(site: Site, broken: Break) -> None:
    flaky = broken({})
    real = flaky.send

    def send_and_lose_the_lock(name: str, data: bytes) -> Receipt:
        receipt = real(name, data)
        with site.database.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        return receipt

    flaky.send = send_and_lose_the_lock  # type: ignore[method-assign]
    site.store(transits(7))
    before = value("sent")
    with pytest.raises(StoreError, match="the connection that holds the forwarding lock is lost"):
        run_day(site.job(), DAY)
    assert site.states() == {"sent": 3, "queued": 4}
    assert value("sent") - before == 3  # what fell later does not take it back
    flaky.send = real  # type: ignore[method-assign]
    assert run_day(site.job(), DAY).days[0].outcome is RunOutcome.COMPLETE
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 7


def test_a_day_goes_to_a_real_ssh_server_that_dies_and_comes_back(site: Site, ssh_server: SshServer) -> None:
    site.destination = {"target": ssh_server.keys}
    site.arrived = ssh_server.folder
    site.store(transits(4))
    assert run_day(site.job(), DAY).days[0].sent == 4
    assert len(site.sent_ids()) == 4
    ssh_server.kill()
    site.store(transits(2, first=50))
    report = run_day(site.job(), DAY)
    assert (report.days[0].outcome, report.is_permanent) == (RunOutcome.FAILED, False)
    assert "127.0.0.1" in (report.days[0].error or "")
    assert site.states() == {"sent": 4, "queued": 2}
    site.destination = {}
    assert run_day(site.job(), DAY).days[0].sent == 2
    assert len(site.sent_ids()) == len(set(site.sent_ids())) == 6
