# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every transit of a day is accounted for: what came, what never came, what was sent, and what left before it was
queued; the report of each morning says so, over clock changes, outages and late readers."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from anpr.contract.sequence import sequence_header
from anpr.contract.signature import SigningKey
from anpr.domain.completeness import DayBalance, DestinationLine, Shortfall, Verdict
from anpr.domain.errors import ForwardError, InputError, MailError
from anpr.domain.sequence import SequenceNumber
from anpr.domain.transit import Transit
from anpr.forward.completeness.document import as_csv
from anpr.forward.completeness.files import report_lines, write_files
from anpr.forward.completeness.making import ReportMaker, as_figures
from anpr.forward.completeness.morning import Morning
from anpr.forward.runs import run_nightly
from anpr.forward.verification import verify_report
from anpr.ingest.consume import Consumer
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.store_batch import Centre
from anpr.mail.message import Mail
from anpr.paper.apart import PdfPress
from anpr.runtime.metrics import (
    COMPLETENESS_DUE,
    COMPLETENESS_MAIL_FAILED,
    COMPLETENESS_UNBALANCED,
)
from anpr.settings import CompletenessSettings, IngestSettings, RetentionSettings, Settings
from anpr.store.accounting.counts import KINDS
from anpr.store.accounting.outboxes import MAX_OUTBOXES, note_numbers
from anpr.store.accounting.reports import ArchivedReport
from anpr.store.audit import AuditAction, list_audit
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.reader_keys import EnrolledKey
from anpr.store.retention import run_retention
from anpr.transport.source import Incoming
from scripts.lab.transits import make_transit
from tests.support.forwarding import DAY, NIGHT, Site
from tests.support.sources import ListSource, message, signed, transit_message

EPOCH = "a" * 32
MORNING = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)  # 06:30 in Rome
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)


class Town(Site):
    """A site whose transits come by ingest, with numbers."""

    def __init__(self, database: Database, folder: Path, ingest: Database, ours: Database) -> None:
        super().__init__(database, folder, ours=ours)
        self.ingest = ingest
        self.keys: KeyRing | None = None
        self.hits_only: frozenset[str] = frozenset()
        self.mails: list[Mail] = []
        self.completeness: dict[str, Any] = {}
        self.retention = RetentionSettings()

    def come(self, records: Sequence[Incoming], at: datetime | None = None) -> None:
        if at is not None:
            self.clock.advance((at - self.clock.now()).total_seconds())
        centre = Centre(database=self.ingest, images=self.images, hits_only=self.hits_only)
        consumer = Consumer(
            source=ListSource(records), centre=centre, settings=IngestSettings(), clock=self.clock, keys=self.keys
        )
        while consumer.step(threading.Event()):
            pass

    def settings(self) -> Settings:
        found = CompletenessSettings.model_validate(self.completeness)
        return super().settings().model_copy(update={"completeness": found, "retention": self.retention})

    def maker(self) -> ReportMaker:
        return ReportMaker(settings=self.settings(), database=self.ours, clock=self.clock)

    def balance(self, day: date = DAY) -> DayBalance:
        return self.maker().balance("manager", day)

    def drop_old(self) -> None:
        run_retention(
            self.ingest, self.images, RetentionSettings(), self.clock, really_by="test",
            database_clock=lambda _: self.clock.now(),
        )  # fmt: skip

    def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())


@pytest.fixture
def town(database: Database, forward_database: Database, ingest_database: Database, tmp_path: Path) -> Town:
    town = Town(database, tmp_path, ingest_database, forward_database)
    town.clock = type(town.clock)(NOON)
    return town


def numbered(transit: Transit, number: int, epoch: str = EPOCH) -> Incoming:
    record = transit_message(transit, number)
    return replace(record, headers=sequence_header(SequenceNumber(epoch, number)))


def some(*numbers: int, start: datetime = NOON - timedelta(minutes=10)) -> list[Incoming]:
    """Transits captured so many seconds after `start`, with these numbers."""
    return [numbered(make_transit(n, captured_at=start + timedelta(seconds=n)), n) for n in numbers]


def sums(balance: DayBalance) -> dict[str, int]:
    names = (*KINDS, "difference")
    return {name: balance.total(name) for name in names if balance.total(name)}


def line(town: Town, day: date = DAY) -> DestinationLine:
    (found,) = town.balance(day).destinations
    return found


def test_what_comes_is_stored_once_and_a_copy_counts_as_one(town: Town) -> None:
    town.come([*some(1, 2, 3), *some(2)])
    town.come(some(3, 4))
    balance = town.balance()
    assert sums(balance) == {"numbered": 4, "stored": 4, "duplicates": 2}
    assert balance.missing == ()


def test_a_reader_without_numbers_is_counted_apart_and_balances(town: Town) -> None:
    records = [transit_message(make_transit(n, captured_at=NOON - HOUR / 4), n) for n in range(3)]
    town.come([*records, records[0]])
    assert sums(town.balance()) == {"unnumbered": 3, "stored": 3, "duplicates": 1}


def test_a_gap_is_missing_then_lost_and_closed_by_what_comes_after_all(town: Town) -> None:
    town.come(some(1, 2, 6))
    (span,) = town.balance().missing
    assert (span.first, span.last, span.is_lost) == (3, 5, False)
    town.at(NOON + timedelta(hours=24))
    assert town.balance().shortfalls[Shortfall.LOST] == 3
    assert town.balance().verdict is Verdict.UNBALANCED
    town.come(some(4))
    assert [(gap.first, gap.last) for gap in town.balance().missing] == [(3, 3), (5, 5)]
    assert sums(town.balance())["late"] == 1


def test_what_is_discarded_and_what_is_refused_is_in_the_sum(town: Town) -> None:
    town.hits_only = frozenset({"gate-1"})
    broken = replace(message(b'{"reader_id": "reader-1"}', 4), headers=sequence_header(SequenceNumber(EPOCH, 4)))
    town.come([*some(1, 2, 3), broken, message(b"{{{", 9)])
    balance = town.balance()
    assert sums(balance) == {"numbered": 4, "unnumbered": 1, "discarded": 3, "refused": 2}
    assert {(reader, reason) for reader, reason, _ in balance.refused} == {
        ("reader-1", "unknown-version"), ("", "not-json"),
    }  # fmt: skip
    assert balance.missing == ()


def test_a_message_that_was_refused_and_is_read_again_is_recovered(town: Town) -> None:
    good = some(1)[0]
    town.come([replace(good, value=good.value.replace(b'"reads":7', b'"reads":-7'))])
    town.come([good])
    assert sums(town.balance()) == {"numbered": 1, "recovered": 1, "stored": 1, "refused": 1}


def test_a_batch_that_was_stored_and_not_counted_is_counted_when_it_comes_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("anpr.ingest.store_batch.account", lambda *_: None)  # killed between the two transactions
        town.come(some(1, 2))
    town.come(some(1, 2))
    assert sums(town.balance()) == {"numbered": 2, "stored": 2}


def test_numbers_that_nobody_vouches_for_close_no_gap(town: Town) -> None:
    key = SigningKey.generate()
    town.keys = KeyRing([EnrolledKey(reader_id="reader-1", key=key.public, enrolled_at=NOON)])
    town.come([signed(record, key) for record in some(1, 5)])
    broken = message(b'{"reader_id": "reader-1"}', 3)
    forged = replace(broken, headers=sequence_header(SequenceNumber(EPOCH, 3)))
    strange = replace(broken, headers={"sequence": b"x" * 100_000})
    town.come([forged, strange, some(2)[0], signed(some(3)[0], SigningKey.generate())])
    assert [(gap.first, gap.last) for gap in town.balance().missing] == [(2, 4)]
    town.come([signed(forged, key), signed(some(2)[0], key)])
    assert [(gap.first, gap.last) for gap in town.balance().missing] == [(4, 4)]
    assert town.balance().total("difference") == 0


def test_an_outbox_that_is_made_anew_begins_at_one(town: Town) -> None:
    town.come(some(1, 2))
    other = "b" * 32
    town.come([numbered(make_transit(n, captured_at=NOON - HOUR / 6 + n * HOUR / 600), n, other) for n in (2, 3)])
    (span,) = town.balance().missing
    assert (span.first, span.last) == (1, 1)
    assert sums(town.balance()) == {"numbered": 4, "stored": 4}


def test_a_reader_that_begins_anew_all_the_time_has_only_so_many_outboxes(database: Database) -> None:
    for number in range(MAX_OUTBOXES + 5):
        with database.transaction() as conn:
            note_numbers(conn, {("reader-1", f"{number:032x}"): [(1, NOON)]}, NOON + timedelta(seconds=number))
    with database.transaction() as conn:
        rows = conn.execute(b"SELECT count(*) AS count FROM reader_sequences").fetchone()
    assert rows is not None
    assert rows["count"] == MAX_OUTBOXES


def test_a_night_is_forwarded_and_both_sums_agree(town: Town) -> None:
    town.come(some(*range(1, 6)))
    town.at(NIGHT)
    run_nightly(town.job())
    found = line(town)
    assert (found.stored, found.states["sent"], found.difference, found.has_run) == (5, 5, 0, True)
    assert town.balance().verdict is Verdict.BALANCED


def test_a_day_without_a_run_waits(town: Town) -> None:
    town.come(some(1, 2))
    town.at(MORNING)
    assert (line(town).not_listed, line(town).has_run) == (2, False)
    assert town.balance().verdict is Verdict.OPEN


def test_what_a_destination_that_answers_never_answered_is_open(town: Town) -> None:
    town.profile = {"answers": {"kind": "receipt", "ok": ["OK"]}}
    town.come(some(1, 2))
    town.at(NIGHT)
    run_nightly(town.job())
    assert (line(town).unanswered, town.balance().verdict) == (0, Verdict.BALANCED)
    assert "unanswered" not in as_figures(town.balance())["destinations"][0]  # as in the reports of before
    town.at(NIGHT + timedelta(hours=25))
    assert town.balance().shortfalls[Shortfall.UNANSWERED] == line(town).unanswered == 2
    assert town.balance().verdict is Verdict.OPEN


def test_a_forwarder_away_for_longer_than_retention_leaves_no_transit_uncounted(town: Town) -> None:
    run_nightly(town.job())  # it was there once
    town.come(some(1, 2, 3))
    town.at(NOON + timedelta(days=9))
    town.drop_old()
    run_nightly(town.job())
    found = line(town)
    assert (found.stored, dict(found.withheld), found.not_listed, found.difference) == (3, {"dropped": 3}, 0, 0)
    assert town.balance().shortfalls[Shortfall.WITHHELD] == 3


def test_what_is_past_retention_and_still_stored_expires_and_is_counted_once(town: Town) -> None:
    run_nightly(town.job())
    town.come(some(1, 2))
    town.at(NOON + timedelta(days=7, hours=1))
    run_nightly(town.job())
    town.at(NOON + timedelta(days=9))
    town.drop_old()
    found = line(town)
    assert (found.stored, found.states["expired"], dict(found.withheld), found.difference) == (2, 2, {}, 0)


def test_what_is_erased_before_it_was_queued_is_counted(town: Town) -> None:
    run_nightly(town.job())
    town.come(some(1, 2, 3))
    with town.database.transaction() as conn:
        conn.execute(b"DELETE FROM transits WHERE plate = %s", (make_transit(2).plate,))
    town.at(NIGHT)
    run_nightly(town.job())
    found = line(town)
    assert (found.stored, found.states["sent"], dict(found.withheld), found.difference) == (3, 2, {"erased": 1}, 0)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (DAY, 24)], ids=["autumn", "spring", "plain"]
)
def test_a_day_has_its_own_hours_from_midnight_to_midnight(town: Town, day: date, hours: int) -> None:
    town.clock = type(town.clock)(datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=2))
    window = town.balance(day)
    since, until = window.since, window.until
    assert until - since == timedelta(hours=hours)
    second = timedelta(seconds=1)
    moments = [since - second, since, *(since + n * HOUR for n in range(1, hours)), until - second, until]
    records = [numbered(make_transit(n, captured_at=moment), n) for n, moment in enumerate(moments, 1)]
    town.come(records, until + HOUR / 2)
    town.at(until + timedelta(hours=5))
    run_nightly(town.job())
    assert [sums(town.balance(day + timedelta(days=n)))["stored"] for n in (-1, 0, 1)] == [1, hours + 1, 1]
    found = line(town, day)
    assert (found.stored, found.states["sent"], found.difference) == (hours + 1, hours + 1, 0)
    assert town.balance(day).verdict is Verdict.BALANCED


def test_a_reader_two_days_late_gives_the_day_another_revision(town: Town) -> None:
    morning = Morning(maker=town.maker(), send=town.mails.append)
    town.come(some(1, 2))
    town.at(NIGHT)
    run_nightly(town.job())
    town.at(MORNING)
    morning.look()
    town.come(some(*range(3, 8)), NOON + timedelta(days=2))
    town.at(NIGHT + timedelta(days=2))
    run_nightly(town.job())
    town.at(MORNING + timedelta(days=2))
    morning.look()
    reports = town.maker().known("manager", DAY)
    assert {day: report.revision for day, report in reports.items()} == {
        DAY: 2, DAY + timedelta(days=1): 1, DAY + timedelta(days=2): 1,
    }  # fmt: skip
    assert (sums(town.balance())["late"], line(town).states["sent"]) == (5, 7)
    assert reports[DAY].verdict == "balanced"


def test_a_morning_makes_one_report_signed_with_the_sites_key(town: Town, tmp_path: Path) -> None:
    town.come(some(1, 2, 9))
    town.at(MORNING)
    morning = Morning(maker=town.maker(), send=town.mails.append)
    morning.look()
    morning.look()
    (report,) = town.maker().known("manager", DAY).values()
    files = town.maker().files(report)
    key = site_key(ensure_key(town.settings().audit_key_path)).public
    assert files.pdf.startswith(b"%PDF")
    assert b"non ancora arrivati" in files.html
    assert make_transit(1).plate.encode() not in files.html + files.csv
    assert "numeri mancanti;reader-1;attesi 3-8;6" in files.csv.decode("utf-8-sig")
    written = [Path(path) for path in write_files(files, tmp_path / "out", report)]
    assert [path.suffix for path in written] == [".html", ".pdf", ".csv", ".json", ".txt"]
    assert verify_report(written[3], key).faults == ()
    with town.database.transaction() as conn:
        rows = [row.event for row in list_audit(conn) if row.event.detail.get("made") == "completeness"]
    assert {row.detail["sha256"] for row in rows} == {sha256(files.manifest).hexdigest()}
    assert [(row.actor, row.action) for row in rows] == [
        ("forward", AuditAction.EXPORTED), ("forward", AuditAction.DOCUMENT_MADE),
    ]  # fmt: skip
    assert "missing: 6" in " ".join(report_lines(report))


def test_a_report_that_is_not_there_and_days_that_do_not_balance_are_told(town: Town) -> None:
    town.come(some(1, 4))
    town.at(NOON + timedelta(days=1))
    maker = town.maker()
    maker.press = PdfPress(limit_s=0.0)  # it cannot be made
    with pytest.raises(ForwardError, match="completeness report 2026-11-21"):
        Morning(maker=maker, send=town.mails.append).look()
    assert COMPLETENESS_DUE._value.get() == 1
    Morning(maker=town.maker(), send=town.mails.append).look()
    assert (COMPLETENESS_DUE._value.get(), COMPLETENESS_UNBALANCED._value.get()) == (0, 1)


def test_a_report_is_mailed_once_and_tried_again_when_it_is_not_taken(town: Town) -> None:
    town.completeness = {"mail_to": ["dirigente@comune.example", "ced@comune.example"]}
    town.come(some(1))
    town.at(MORNING)
    refusing = [True]

    def send(mail: Mail) -> None:
        if refusing:
            raise MailError("closed")
        town.mails.append(mail)

    morning = Morning(maker=town.maker(), send=send)
    morning.look()
    assert COMPLETENESS_MAIL_FAILED._value.get() == 1
    (report,) = town.maker().known("manager", DAY).values()
    assert report.mail_failure is not None
    refusing.clear()
    morning.look()
    assert town.mails == []  # not before its time
    town.clock.advance(120)
    morning.look()
    morning.look()
    assert [mail.to for mail in town.mails] == ["dirigente@comune.example", "ced@comune.example"]
    assert "21/11/2026" in town.mails[0].subject
    assert COMPLETENESS_MAIL_FAILED._value.get() == 0


def test_a_day_can_be_asked_for_and_one_to_come_cannot(town: Town) -> None:
    maker = town.maker()
    assert maker.of_day("manager", DAY).revision == 1
    assert maker.of_day("manager", DAY).revision == 1
    with pytest.raises(InputError, match="future"):
        maker.of_day("manager", DAY + timedelta(days=1))
    with pytest.raises(InputError, match="no organisation"):
        maker.of_day("menager", DAY)


def test_a_day_whose_figures_are_gone_in_part_gets_no_other_report(town: Town) -> None:
    """Its first hour is of the day before, by UTC: what is left of the day would make a report that looks whole."""
    town.retention = RetentionSettings(ledger_days=2)
    town.come(some(1, 2, start=NOON - timedelta(hours=11, minutes=30)))
    town.at(MORNING)
    Morning(maker=town.maker(), send=town.mails.append).look()
    town.at(MORNING + timedelta(days=1))
    run_retention(
        town.ingest,
        town.images,
        town.retention,
        town.clock,
        really_by="test",
        database_clock=lambda _: town.clock.now(),
    )
    Morning(maker=town.maker(), send=town.mails.append).look()
    assert town.maker().of_day("manager", DAY).revision == 1
    reports = town.maker().known("manager", DAY)
    assert sum(line["stored"] for line in reports[DAY].figures["came"]) == 2
    assert max(reports) == DAY + timedelta(days=1)
    with pytest.raises(InputError, match="not kept any more"):
        town.maker().of_day("manager", DAY - timedelta(days=1))


def test_a_cell_that_a_spreadsheet_would_calculate_is_text() -> None:
    destination = DestinationLine(
        destination="questura", stored=1, states={"rejected": 1}, withheld={}, not_listed=0,
        reasons=(("rejected", "=cmd()", 1),),
    )  # fmt: skip
    balance = DayBalance(
        organisation_id="manager", day=DAY, since=NOON, until=NOON + HOUR, destinations=(destination,),
        refused=(("=reader", "not-json", 1),),
    )  # fmt: skip
    assert "rifiutati;'=reader;not-json;1" in as_csv(balance, {}).decode("utf-8-sig")


def test_an_address_that_fails_has_the_mail_later_and_nobody_has_it_twice(town: Town) -> None:
    town.completeness = {"mail_to": ["dirigente@comune.example", "ced@comune.example"]}
    town.come(some(1))
    town.at(MORNING)
    refusing = ["dirigente@comune.example"]

    def send(mail: Mail) -> None:
        if mail.to in refusing:
            raise MailError("closed")
        town.mails.append(mail)

    Morning(maker=town.maker(), send=send).look()
    morning = Morning(maker=town.maker(), send=send)  # as of another process
    morning.look()
    assert [mail.to for mail in town.mails] == ["ced@comune.example"]
    refusing.clear()
    town.clock.advance(120)
    morning.look()
    assert [mail.to for mail in town.mails] == ["ced@comune.example", "dirigente@comune.example"]
    (report,) = town.maker().known("manager", DAY).values()
    assert (report.mail_failure, report.mailed_at) == (None, town.clock.now())


def test_an_organisation_that_fails_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.completeness = {"mail_to": ["dirigente@comune.example"]}
    town.come(some(1))
    town.at(MORNING)
    real = ReportMaker.make_morning

    def make(maker: ReportMaker, organisation: str) -> list[ArchivedReport]:
        if organisation == "altro":
            raise ForwardError("its report cannot be made")
        return real(maker, organisation)

    monkeypatch.setattr(ReportMaker, "make_morning", make)
    monkeypatch.setattr(ReportMaker, "organisations", lambda _: {"altro": "Altro", "manager": "Centro"})
    with pytest.raises(ForwardError, match="its report cannot be made"):
        Morning(maker=town.maker(), send=town.mails.append).look()
    assert len(town.mails) == 1
    assert COMPLETENESS_DUE._value.get() == 1
