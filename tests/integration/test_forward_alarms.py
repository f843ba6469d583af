# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms told to the owners of their lists: at once, once, with their outcome later; to a real web service."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import ForwardError, StoreError
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import ListKind, Watchlist
from anpr.forward.alarms.teller import AlarmTeller, alarm_job
from anpr.forward.job import Centre
from anpr.forward.serve import run_forwarder
from anpr.runtime.clock import Clock, ManualClock, SystemClock
from anpr.runtime.metrics import FORWARD_REFUSED
from anpr.settings import Settings
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.store.alarms.handling import close_alarm, reopen
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.forwarding.alarm_messages import message_counts, send_again
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.lists import save_watchlist
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from scripts.lab.transits import START, make_transit
from tests.support.notifying import a_list, alarm
from tests.support.waiting import eventually
from tests.unit.forward.profile.profiles import write_profile

LIST_C = replace(a_list("lista-c"), kind=ListKind.JUDICIAL)
LOCAL = a_list("locale")
FIELDS = [
    "alarm.id",
    "alarm.message",
    "alarm.kind",
    "alarm.list",
    "alarm.plate",
    "alarm.outcome",
    "transit.id",
    "gate.id",
]
MOMENTS = ["alarm.raised_at", "alarm.closed_at", "captured_at"]
PROFILE: dict[str, Any] = {
    "transports": ["https"],
    "batch_size": 1,
    "encoding": {"kind": "json"},
    "file_name": "A_{day:%Y%m%d}_{batch:06d}.json",
    "fields": [
        *({"name": name.replace(".", "_"), "source": name, "when_missing": None} for name in FIELDS),
        *({"name": name.replace(".", "_"), "source": name, "type": "datetime", "format": "iso", "when_missing": None}
          for name in MOMENTS),
        {"name": "alarm_version", "source": "alarm.version", "type": "integer"},
    ],
    "answers": {"kind": "reply", "ok": ["OK"], "permanent": ["NO"], "body": {"format": "json", "code": "esito"}},
}  # fmt: skip


class Office:
    """The receiving office, and the centre that tells it."""

    def __init__(self, server: HttpsServer, database: Database, ours: Database, folder: Path) -> None:
        self.server, self.database, self.ours, self.folder = server, database, ours, folder
        self.clock = ManualClock(START)
        self.code = "OK"
        self.status = 200
        server.answer = self._answer
        self.keys: dict[str, Any] = {
            "id": "titolare",
            "profile": str(write_profile(folder, **PROFILE)),
            "target": {"kind": "https", "url": server.url, "ca_file": str(folder / "authority.pem"),
                       "certificate_file": str(folder / "centro.crt"), "key_file": str(folder / "centro.key"),
                       "headers": {"X-File": "{name}"}},
            "lists": ["lista-c"],
            "protocol": "Protocollo 12/2026",
            "protocol_until": "2099-12-31",
        }  # fmt: skip

    def _answer(self, _: Received) -> Told:
        return Told(self.status, json.dumps({"esito": self.code}).encode())

    def teller(self, clock: Clock | None = None) -> AlarmTeller:
        settings = AlarmDestinationSettings.model_validate(self.keys)
        centre = Centre(settings=Settings(data_dir=self.folder), database=self.ours, clock=clock or self.clock,
                        images=ImageStore(self.folder / "images"), stop=threading.Event())  # fmt: skip
        return AlarmTeller(job=alarm_job(centre, settings), settings=settings)

    def raised(self, number: int, watchlist: Watchlist = LIST_C, clock: Clock | None = None, **how: Any) -> int:
        """An alarm on this list, raised now; its id."""
        at = (clock or self.clock).now()
        with self.database.transaction() as conn:
            insert_transits(conn, [make_transit(number, captured_at=at)], at)
        with self.database.transaction() as conn:
            save_watchlist(conn, watchlist)
            return alarm(conn, number, at, watchlist, **how)

    def closed(self, alarm_id: int, outcome: AlarmOutcome = AlarmOutcome.STOPPED) -> None:
        with self.database.transaction() as conn:
            close_alarm(conn, alarm_id, "anna", self.clock.now(), outcome)

    def reopened(self, alarm_id: int) -> None:
        self.clock.advance(60)
        with self.database.transaction() as conn:
            reopen(conn, alarm_id, "anna", self.clock.now())
        self.clock.advance(60)

    def outcomes(self) -> list[tuple[str, str]]:
        told = [record for record in self.told() if record["alarm_message"] == "outcome"]
        return [(str(record["alarm_version"]), record["alarm_outcome"]) for record in told]

    def told(self) -> list[dict[str, Any]]:
        return [record for asked in self.server.asked for record in json.loads(asked.body)["records"]]

    def states(self) -> dict[tuple[str, str], int]:
        with self.database.transaction() as conn:
            return {(message, state): number for message, state, number, _ in message_counts(conn, "titolare")}


@pytest.fixture
def office(database: Database, forward_database: Database, tmp_path: Path) -> Iterator[Office]:
    authority = Authority(tmp_path, "authority")
    issued = authority.issue("centro", "127.0.0.1")
    with https_server(tmp_path / "https", issued, authority.certificate) as server:
        yield Office(server, database, forward_database, tmp_path)


def test_an_alarm_of_list_c_is_told_and_its_outcome_after_it_was_closed(office: Office) -> None:
    teller, number = office.teller(), office.raised(1)
    teller.turn()
    (told,) = office.told()
    assert (told["alarm_id"], told["alarm_message"], told["alarm_kind"]) == (str(number), "raised", "judicial")
    assert told["alarm_plate"] == make_transit(1, captured_at=START).plate
    assert (told["alarm_list"], told.get("alarm_outcome")) == ("lista-c", None)
    teller.turn()
    assert len(office.told()) == 1, "once"
    office.clock.advance(600)
    office.closed(number)
    teller.turn()
    teller.turn()
    (_, outcome) = office.told()
    assert (outcome["alarm_id"], outcome["alarm_message"], outcome["alarm_outcome"]) == (
        str(number),
        "outcome",
        "stopped",
    )
    assert outcome["alarm_closed_at"] > outcome["alarm_raised_at"]
    assert office.states() == {("raised", "accepted"): 1, ("outcome", "accepted"): 1}
    with office.database.transaction() as conn:
        rows = [row.event for row in list_audit(conn) if row.event.action is AuditAction.FORWARDED]
    assert [(row.detail["phase"], row.detail["message"], row.detail["alarm"]) for row in reversed(rows)] == [
        ("begun", "raised", number),
        ("ended", "raised", number),
        ("begun", "outcome", number),
        ("ended", "outcome", number),
    ]
    assert {row.reason for row in rows} == {"Protocollo 12/2026"}


def test_within_seconds_by_the_forwarder_itself(office: Office) -> None:
    settings = Settings(data_dir=office.folder, alarm_forwarding=(office.keys,))  # type: ignore[arg-type]
    stop, clock = threading.Event(), SystemClock()
    work = (settings, office.ours, ImageStore(office.folder / "images"), clock, stop)
    thread = threading.Thread(target=run_forwarder, args=work)
    thread.start()
    try:
        office.raised(1, clock=clock)
        eventually(lambda: office.states() == {("raised", "accepted"): 1})
    finally:
        stop.set()
        thread.join()
    with office.database.transaction() as conn:
        row = conn.execute(
            "SELECT m.sent_at - a.raised_at AS took FROM alarm_messages m JOIN alarms a ON a.id = alarm_id"
        ).fetchone()
    assert row is not None
    assert row["took"] < timedelta(seconds=5)


def test_a_server_that_is_down_gets_it_later_and_once(office: Office) -> None:
    office.status = 503
    teller, number = office.teller(), office.raised(1)
    office.closed(number)
    tries = []
    for _ in range(40):
        before = len(office.told())
        teller.turn()
        tries.append(len(office.told()) - before)
        office.clock.advance(1)
    assert sum(tries) == 5, "after 2, 4, 8 and 16 seconds more"
    office.status = 200
    office.clock.advance(60)
    before = len(office.told())
    teller.turn()
    teller.turn()
    teller.turn()
    assert [each["alarm_message"] for each in office.told()[before:]] == ["raised", "outcome"]
    assert len({asked.path for asked in office.server.asked}) == 1


def test_what_cannot_be_sent_for_a_day_is_dead_and_sent_again_by_hand(office: Office) -> None:
    office.status = 503
    teller = office.teller()
    office.raised(1)
    teller.turn()
    office.clock.advance(24 * 3600 + 1)
    teller.turn()
    assert office.states() == {("raised", "dead"): 1}
    office.status = 200
    with office.database.transaction() as conn:
        assert send_again(conn, "titolare", office.clock.now()) == 1
    teller.turn()
    assert office.states() == {("raised", "accepted"): 1}


def test_what_the_office_refuses_is_rejected_and_has_no_outcome(office: Office) -> None:
    office.code = "NO"
    teller, number = office.teller(), office.raised(1)
    teller.turn()
    office.closed(number)
    teller.turn()
    assert office.states() == {("raised", "rejected"): 1}


def test_an_alarm_that_is_opened_again_and_closed_otherwise_is_told_the_last_outcome(office: Office) -> None:
    teller, number = office.teller(), office.raised(1)
    teller.turn()
    office.closed(number)
    teller.turn()
    office.reopened(number)
    teller.turn()
    assert office.outcomes() == [("1", "stopped")], "nothing is told while it is open"
    office.closed(number, AlarmOutcome.FALSE_READ)
    teller.turn()
    teller.turn()
    assert office.outcomes() == [("1", "stopped"), ("2", "false-read")]
    assert office.states() == {("raised", "accepted"): 1, ("outcome", "accepted"): 2}
    assert len({asked.headers["x-file"] for asked in office.server.asked}) == 3, "no file replaces another one"


def test_an_outcome_that_was_overtaken_before_it_was_taken_is_superseded(office: Office) -> None:
    teller, number = office.teller(), office.raised(1)
    teller.turn()
    office.status = 503
    office.closed(number)
    teller.turn()
    office.reopened(number)
    office.status = 200
    teller.turn()
    assert office.states() == {("raised", "accepted"): 1, ("outcome", "superseded"): 1}
    office.closed(number, AlarmOutcome.OTHER)
    teller.turn()
    assert office.outcomes()[-1] == ("2", "other")
    assert office.states()["outcome", "accepted"] == 1
    with office.database.transaction() as conn:
        ended = [row.event.detail for row in list_audit(conn) if row.event.detail.get("phase") == "ended"]
    assert [(each["outcome"], each.get("version")) for each in ended[:2]] == [("accepted", 2), ("superseded", None)]


def test_other_lists_local_lists_and_the_past_stay_here(office: Office) -> None:
    teller = office.teller()
    office.raised(1, LOCAL)
    office.raised(2, replace(a_list("altra"), kind=ListKind.STOLEN))
    office.raised(3, retro=True)
    teller.turn()
    office.keys |= {"lists": ["lista-c", "locale"], "kinds": ["stolen", "judicial"], "organisation": "other"}
    assert office.teller().turn() == 1.0
    office.keys |= {"organisation": MANAGER, "kinds": []}
    office.teller().turn()
    assert office.told() == []
    office.keys |= {"local_lists": {"locale": "Convenzione n. 3 del 2026"}}
    office.teller().turn()
    assert [each["alarm_list"] for each in office.told()] == ["locale"]


def test_an_answer_that_cannot_be_read_is_told_and_the_alarm_is_not_sent_again(office: Office) -> None:
    office.server.answer = lambda _: Told(200, b"<html>")
    teller = office.teller()
    office.raised(1)
    teller.turn()
    office.clock.advance(3600)
    teller.turn()
    with office.database.transaction() as conn:
        ((message, state, number, reason),) = message_counts(conn, "titolare")
    assert (message, state, number, len(office.server.asked)) == ("raised", "sent", 1, 1)
    assert "nothing of it counts as accepted" in str(reason)


def test_answers_in_files_that_nobody_fetches_are_refused_at_start(office: Office) -> None:
    receipts = {**PROFILE, "transports": ["directory"], "answers": {"kind": "receipt", "ok": ["OK"]}}
    target = {"kind": "directory", "path": str(office.folder / "there")}
    office.keys |= {"profile": str(write_profile(office.folder, **receipts)), "target": target}
    with pytest.raises(ForwardError, match=r"alarm_forwarding\.titolare: .*receipts of alarms are not fetched"):
        office.teller()


def test_only_a_refusal_is_told_as_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise StoreError("the database is away")

    teller = office.teller()
    office.raised(1)
    FORWARD_REFUSED.labels("titolare").set(0)
    monkeypatch.setattr("anpr.forward.alarms.teller.check_may_run", fails)
    teller.turn()
    assert FORWARD_REFUSED.labels("titolare")._value.get() == 0


def test_agreement_and_stage_hold_for_alarms_too(office: Office) -> None:
    office.raised(1)
    office.keys |= {"protocol": " "}
    assert office.teller().turn() == 60.0
    office.keys |= {"protocol": "1", "target": {**office.keys["target"], "url": "https://titolare.invalid/allarmi"}}
    assert office.teller().turn() == 60.0
    assert (office.told(), office.states()) == ([], {("raised", "queued"): 1})


def test_a_destination_of_alarms_names_lists(office: Office) -> None:
    wrongs: list[dict[str, Any]] = [{"lists": []}, {"kinds": ["local"]}, {"local_lists": {"locale": " "}}]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            AlarmDestinationSettings.model_validate({**office.keys, **wrong})


def test_a_hit_that_joins_an_alarm_of_days_ago_is_told(office: Office) -> None:
    number = office.raised(1, LOCAL, plate="AB123CD")
    office.clock.advance(3 * 86_400)
    teller = office.teller()
    teller.turn()
    assert office.told() == [], "of a local list"
    assert office.raised(2, plate="AB123CD") == number
    teller.turn()
    teller.turn()
    assert [(told["alarm_id"], told["alarm_list"]) for told in office.told()] == [(str(number), "lista-c")]
