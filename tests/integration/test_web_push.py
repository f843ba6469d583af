# SPDX-License-Identifier: AGPL-3.0-or-later
"""Web Push against a real HTTPS service that verifies the token and decrypts as the phone does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.access import Role
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.notify.channels.base import HANDED_OVER, Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.web_push import NO_DEVICE, WebPushChannel, payload_of
from anpr.notify.webpush.vapid import VapidKey, load_vapid_key
from anpr.runtime.clock import ManualClock
from anpr.settings.notify import WebPushSettings
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.embedded.roles import CentreRole, role_url
from anpr.store.gate_areas import GateArea, add_area
from anpr.store.patrol.devices import (
    MOST,
    NewDevice,
    StoredDevices,
    add_device,
    devices_of,
    remove_of_session,
    site_key,
)
from anpr.store.patrol.people import set_area
from anpr.store.users.accounts import User, create_user, set_disabled, set_role
from anpr.store.users.sessions import end_session, start_session
from scripts.lab.certificates import Authority
from scripts.lab.push_service import HOST, Phone, PushService, push_service

SHIFT = timedelta(hours=8)
MESSAGE = Message(
    id="anpr-notification-1-5",
    type="it.anpr.alarm.raised",
    at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    subject="Allarme – AB123CD",
    text="Targa: AB123CD",
    short="Targa AB123CD",
    data={"alarm": 7, "kind": "stolen", "priority": "high", "gate": "porta-nord", "gate_name": "Porta Nord",
          "escalated": False, "plate": "AB123CD"},
)  # fmt: skip
MARIO = Recipient(id=1, organisation_id="manager", name="Mario", channel=ChannelKind.WEB_PUSH, address="mario")
EVERY = replace(MARIO, id=2, name="Pattuglie", address="*")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    authority = Authority(tmp_path, "push-ca")
    with push_service(authority, authority.issue("push", HOST)) as service:
        yield service


@pytest.fixture
def key(tmp_path: Path) -> VapidKey:
    return load_vapid_key(tmp_path / "web-push-key")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def people(database: Database, clock: ManualClock) -> Database:
    with database.transaction() as conn:
        for name in ("mario", "luca"):
            create_user(conn, User(name=name, role=Role.PATROL, password_hash="x"))
            start_session(conn, f"session of {name}", name, clock.now())
    return database


class Sending:
    """The channel with the rights of the notifier, and phones of people."""

    def __init__(self, database: Database, notifier: Database, service: PushService, key: VapidKey, clock: ManualClock):
        self.database, self.notifier, self.service, self.key, self.clock = database, notifier, service, key, clock

    def channel(self, **settings: Any) -> WebPushChannel:
        values: dict[str, Any] = {
            "contact": "mailto:ced@comune.example.it",
            "private_hosts": (HOST,),
            "ca_file": str(self.service.authority.certificate),
            **settings,
        }
        return WebPushChannel(
            WebPushSettings(**values), self.key, StoredDevices(self.notifier, SHIFT, self.clock), self.clock
        )

    def phone(self, name: str, user: str = "mario", *, tied: bool = True, site: str | None = None) -> Phone:
        phone = self.service.register(name, site or self.key.public)
        device = NewDevice(
            user=user, name="Chrome su Android", endpoint=phone.endpoint, device_key=phone.device_key,
            auth=phone.auth, site_key=site or self.key.public, session=f"session of {user}" if tied else None,
        )  # fmt: skip
        with self.database.transaction() as conn:
            add_device(conn, device, self.clock.now())
        return phone

    def send(self, recipient: Recipient = MARIO, message: Message = MESSAGE, **settings: Any) -> Outcome:
        return self.channel(**settings).send(recipient, message)

    def devices(self, user: str = "mario") -> list[Any]:
        with self.database.transaction() as conn:
            return devices_of(conn, user)


@pytest.fixture
def sending(
    people: Database, database_url: str, service: PushService, key: VapidKey, clock: ManualClock
) -> Iterator[Sending]:
    with Database(role_url(database_url, CentreRole.NOTIFY), pool_size=10, application="notify") as notifier:
        yield Sending(people, notifier, service, key, clock)


def test_a_phone_is_told_kind_priority_gate_time_and_address_and_never_a_plate(sending: Sending) -> None:
    phone = sending.phone("one")
    assert sending.send() == Sent()
    assert sending.service.refused == []
    (told,) = phone.told
    assert told == {
        "alarm": 7, "kind": "stolen", "priority": "high", "gate_name": "Porta Nord", "escalated": False,
        "id": MESSAGE.id, "at": "2026-11-21T09:00:00+00:00", "handed_over": False, "path": "/patrol#alarm-7",
    }  # fmt: skip
    assert "AB123CD" not in json.dumps(told)
    (headers,) = phone.headers
    assert (headers["urgency"], headers["ttl"]) == ("high", "3600")
    assert "AB123CD" not in json.dumps(headers)
    (device,) = sending.devices()
    assert (device.reached_at, device.failing_since) == (sending.clock.now(), None)


def test_a_repeat_replaces_the_first_one_and_says_nothing_by_its_length(sending: Sending) -> None:
    phone = sending.phone("one")
    escalated = replace(MESSAGE, data={**MESSAGE.data, "escalated": True, "gate_name": "Via Emilia " * 4})
    assert [sending.send(message=each) for each in (MESSAGE, MESSAGE, escalated)] == [Sent()] * 3
    assert len({headers["topic"] for headers in phone.headers}) == 1
    assert phone.headers[0]["topic"] != "7"
    assert len({len(body) for body in phone.bodies}) == 1
    other = replace(MESSAGE, data={**MESSAGE.data, "alarm": 8})
    sending.send(message=other)
    assert phone.headers[-1]["topic"] != phone.headers[0]["topic"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_phone_that_its_service_does_not_know_any_more_is_removed(sending: Sending, status: int) -> None:
    sending.phone("gone").status = status
    outcome = sending.send()
    assert isinstance(outcome, Refused)
    assert "not registered any more" in outcome.reason
    assert sending.devices() == []
    assert sending.send() == Refused(NO_DEVICE, fault=SendFault.NO_DEVICE)


def test_one_phone_that_has_it_is_enough_and_the_other_ones_failure_stands_with_it(sending: Sending) -> None:
    good, bad = sending.phone("good"), sending.phone("bad")
    bad.status = 503
    assert sending.send() == Sent()
    assert len(good.told) == 1
    failing = {each.service: each.failure for each in sending.devices() if each.failing_since}
    assert failing == {HOST: f"{HOST}: status 503"}
    bad.status = None
    sending.send()
    assert [each.failing_since for each in sending.devices()] == [None, None]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, TryAgain), (429, TryAgain), (401, TryAgain), (413, Refused), (400, Refused), (307, Refused)],
)
def test_what_the_service_says_decides_whether_it_is_tried_again(sending: Sending, status: int, kind: type) -> None:
    sending.phone("one").status = status
    outcome = sending.send()
    assert isinstance(outcome, kind)
    assert isinstance(outcome, TryAgain | Refused)
    assert str(status) in outcome.reason
    assert "push/one" not in outcome.reason, "the address is a secret"
    assert len(sending.devices()) == 1


def test_a_service_that_is_away_makes_the_message_wait(sending: Sending) -> None:
    phone = sending.phone("one")
    with sending.database.transaction() as conn:
        conn.execute("UPDATE push_devices SET endpoint = replace(endpoint, %s, '1')",
                     [phone.endpoint.split(":")[2].split("/")[0]])  # fmt: skip
    outcome = sending.send()
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait


def test_a_private_address_is_not_called_unless_the_site_names_the_service(sending: Sending) -> None:
    sending.phone("one")
    refused = sending.send(private_hosts=())
    assert isinstance(refused, Refused)
    assert "no public name" in refused.reason
    with sending.database.transaction() as conn:
        conn.execute("UPDATE push_devices SET endpoint = 'https://localhost.localdomain/x'")
    with sending.database.transaction() as conn:
        conn.execute("UPDATE push_devices SET endpoint = 'https://ip6-localhost.example/x'")
    assert not isinstance(sending.send(), Sent)


def test_a_public_name_that_leads_to_a_private_address_is_not_called(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = sending.phone("one")
    port = int(phone.endpoint.split(":")[2].split("/")[0])

    async def found(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr("anyio.getaddrinfo", found)
    with sending.database.transaction() as conn:
        conn.execute("UPDATE push_devices SET endpoint = 'https://push.example.net/push/one'")
    outcome = sending.send()
    assert isinstance(outcome, Refused)
    assert "its address is private" in outcome.reason
    assert phone.told == []


def test_a_certificate_that_does_not_verify_is_no_service(sending: Sending) -> None:
    phone = sending.phone("one")
    assert isinstance(sending.send(ca_file=None), TryAgain)
    assert phone.told == []
    missing = sending.send(ca_file="/nonexistent.pem")
    assert isinstance(missing, TryAgain)
    assert "notify.web_push.ca_file" in missing.reason


def test_every_patrol_in_whose_area_the_alarm_is_is_told(sending: Sending) -> None:
    mario, luca = sending.phone("one"), sending.phone("two", "luca")
    by = Author(name="administrator", at=sending.clock.now())
    with sending.database.transaction() as conn:
        set_area(conn, "luca", ["ponte"], by)
    assert sending.send(EVERY) == Sent()
    assert (len(mario.told), len(luca.told)) == (1, 0), "no area is every gate"
    with sending.database.transaction() as conn:
        area = add_area(conn, GateArea(id=0, name="Oltrarno", gates=("stazione",)), by)
        set_area(conn, "luca", ["ponte"], by, [area])
    at_the_station = replace(MESSAGE, data={**MESSAGE.data, "gate": "stazione"})
    assert sending.send(replace(MARIO, address="luca"), at_the_station) == Sent(), "by the area's name"
    at_the_bridge = replace(MESSAGE, data={**MESSAGE.data, "gate": "ponte"})
    assert sending.send(EVERY, at_the_bridge) == Sent()
    assert (len(mario.told), len(luca.told)) == (2, 2)
    sent_to_luca = replace(MESSAGE, type=HANDED_OVER)
    assert sending.send(replace(MARIO, address="luca"), sent_to_luca) == Sent()
    assert luca.told[-1]["handed_over"] is True, "whatever the area is"
    assert sending.send(replace(EVERY, organisation_id="empoli")) == Refused(NO_DEVICE, fault=SendFault.NO_DEVICE)


def test_a_phone_ends_with_its_session_role_account_and_key(sending: Sending, tmp_path: Path) -> None:
    def told() -> bool:
        return sending.send() == Sent()

    phone = sending.phone("tied")
    assert told()
    sending.clock.advance(SHIFT.total_seconds() + 1)
    assert not told(), "the shift is over"
    with sending.database.transaction() as conn:
        start_session(conn, "session of mario", "mario", sending.clock.now())
    sending.phone("tied")
    assert told()
    with sending.database.transaction() as conn:
        end_session(conn, "session of mario", sending.clock.now())
    assert not told()
    sending.phone("kept", tied=False)
    assert told()
    with sending.database.transaction() as conn:
        set_role(conn, "mario", Role.OPERATOR)
    assert not told()
    assert sending.devices() == [], "a channel that starts removes what is over"
    with sending.database.transaction() as conn:
        set_role(conn, "mario", Role.PATROL)
    sending.phone("kept", tied=False)
    with sending.database.transaction() as conn:
        set_disabled(conn, "mario", True)
    assert not told()
    with sending.database.transaction() as conn:
        set_disabled(conn, "mario", False)
    sending.phone("other key", tied=False, site=load_vapid_key(tmp_path / "older").public)
    assert not told()
    assert phone.told


def test_the_notifier_says_under_which_key_phones_register(sending: Sending) -> None:
    with sending.database.transaction() as conn:
        assert site_key(conn) is None
    sending.channel()
    with sending.database.transaction() as conn:
        assert site_key(conn) == sending.key.public


def test_a_person_has_a_few_phones_and_logging_out_removes_those_of_the_session(sending: Sending) -> None:
    for number in range(MOST + 2):
        sending.phone(f"phone {number}".replace(" ", ""), tied=number % 2 == 0)
    assert len(sending.devices()) == MOST
    with sending.database.transaction() as conn:
        assert remove_of_session(conn, "session of mario") == 3
        rows = [row.event for row in list_audit(conn) if row.event.action is AuditAction.PUSH_DEVICE_ADDED]
    assert len(sending.devices()) == MOST - 3
    assert {row.detail["service"] for row in rows} == {HOST}
    assert not any("/push/" in str(row.detail) for row in rows), "the address is a secret"


def test_the_notifier_reads_no_password_and_no_position(sending: Sending) -> None:
    for statement in (
        "SELECT password_hash FROM users", "SELECT latitude FROM patrols", "INSERT INTO push_devices DEFAULT VALUES",
        "SELECT key FROM patrol_answers", "UPDATE push_devices SET endpoint = ''",
    ):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"), sending.notifier.transaction() as conn:
            conn.execute(statement.encode())


def test_a_trial_says_that_it_is_one() -> None:
    trial = replace(MESSAGE, type="it.anpr.notification.test", data={"test": True})
    told = json.loads(payload_of(trial))
    assert told["test"] is True
    assert (told["path"], "alarm" in told) == ("/patrol", False)
