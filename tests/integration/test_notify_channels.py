# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only one channel can do wrong: signatures, private addresses, redirects, slow servers, a gateway's form."""

import hashlib
import hmac
import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.notification import ChannelKind, Recipient
from anpr.notify.channels.base import Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.open import open_channel
from anpr.notify.channels.sms import sms_request
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from anpr.settings.notify import SmsSettings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import HttpReceiver, http_receiver
from scripts.lab.transits import START
from tests.contract.test_notify_channel import MESSAGE
from tests.support.notify_channels import SECRET, WAYS

Send = Callable[..., Outcome]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpReceiver]:
    authority = Authority(tmp_path, "ours")
    with http_receiver(authority, authority.issue("hook", "127.0.0.1")) as receiver:
        yield receiver


@pytest.fixture
def send(server: HttpReceiver, tmp_path: Path) -> Send:
    """Sends MESSAGE to the server by webhook, with these keys of its section."""

    def sent(address: str = "", **section: Any) -> Outcome:
        values = {"enabled": True, "private_networks": ["127.0.0.1"], "ca_file": str(server.authority.certificate)}
        settings = Settings.model_validate({"data_dir": str(tmp_path), "notify": {"webhook": {**values, **section}}})
        where = address or f"https://127.0.0.1:{server.port}/allarmi?x=1"
        recipient = Recipient(id=1, organisation_id="manager", name="s", channel=ChannelKind.WEBHOOK, address=where)
        return open_channel(ChannelKind.WEBHOOK, settings, ManualClock(START)).send(recipient, MESSAGE)

    return sent


def test_the_event_is_a_cloudevent_without_a_plate(server: HttpReceiver, send: Send) -> None:
    assert send() == Sent()
    (received,) = server.taken
    assert (received.method, received.path) == ("POST", "/allarmi?x=1")
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert json.loads(received.body) == {
        "specversion": "1.0",
        "id": MESSAGE.id,
        "source": "urn:anpr:Comune%20di%20esempio",
        "type": "it.anpr.alarm.raised",
        "time": "2026-11-21T10:00:00.000Z",
        "subject": "alarm/7",
        "datacontenttype": "application/json",
        "data": {"alarm": 7, "priority": "high", "gate_name": "città", "text": MESSAGE.text, "link": MESSAGE.link},
    }


def test_with_a_secret_the_signature_is_hmac_as_standard_webhooks_says(
    server: HttpReceiver, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    assert send(secret_env="HOOK_SECRET") == Sent()
    (received,) = server.taken
    signed = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    version, _, signature = received.headers["webhook-signature"].partition(",")
    expected = hmac.new(b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert (version, b64decode(signature)) == ("v1", expected)
    assert received.headers["webhook-timestamp"] == str(int(START.timestamp()))


def test_without_a_secret_it_is_ed25519_by_the_sites_key(server: HttpReceiver, send: Send, tmp_path: Path) -> None:
    assert send() == Sent()
    (received,) = server.taken
    signed = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    version, _, signature = received.headers["webhook-signature"].partition(",")
    public = site_key(ensure_key(tmp_path / "audit-key")).public
    assert version == "v1a"
    assert signed.startswith(b"anpr-notification-"), "a signature begins with its kind: the key signs exports too"
    assert public.verifies(b64decode(signature), signed)


def test_a_private_address_is_refused_whatever_name_leads_to_it(server: HttpReceiver, send: Send) -> None:
    for address in (f"https://127.0.0.1:{server.port}/", f"https://localhost:{server.port}/"):
        outcome = send(address, private_networks=["10.0.0.0/8"])
        assert isinstance(outcome, Refused)
        assert "private" in outcome.reason
    outcome = send("https://[::ffff:127.0.0.1]/", private_networks=[])
    assert isinstance(outcome, Refused)
    assert server.taken == []


def test_a_redirect_is_not_followed(server: HttpReceiver, send: Send) -> None:
    server.status, server.headers = 302, {"Location": f"https://127.0.0.1:{server.port}/elsewhere"}
    outcome = send()
    assert isinstance(outcome, Refused)
    assert "status 302" in outcome.reason
    assert len(server.taken) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, TryAgain), (404, TryAgain), (429, TryAgain), (410, Refused)])
def test_a_status_that_somebody_can_put_right_is_tried_again(
    server: HttpReceiver, send: Send, status: int, kind: type
) -> None:
    server.status = status
    assert isinstance(send(), kind)


def test_a_server_that_does_not_answer_holds_nothing_up(server: HttpReceiver, send: Send) -> None:
    answer = threading.Event()
    server.before = lambda _: answer.wait(60)
    outcome = send(timeout_s=0.5)
    answer.set()
    assert outcome == TryAgain(f"webhook 127.0.0.1:{server.port}: no whole answer within 0.5 s")


def test_an_answer_without_end_is_cut_off(server: HttpReceiver, send: Send) -> None:
    server.answer = b"x" * 5_000_000
    assert send() == Sent()


def test_a_name_that_is_not_found_waits(send: Send) -> None:
    outcome = send("https://no-such-host.invalid/")
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait


SMS = {"url": "https://sms.example/{secret}/send?a=1", "secret_env": "SMS_SECRET"}


@pytest.mark.parametrize(
    ("encoding", "body", "url"),
    [
        ("json", b'{"to": "+39055", "text": "a & \\"b\\" {to}"}', "https://sms.example/s%2Fk/send?a=1"),
        ("form", b"to=%2B39055&text=a+%26+%22b%22+%7Bto%7D", "https://sms.example/s%2Fk/send?a=1"),
        ("query", b"", "https://sms.example/s%2Fk/send?a=1&to=%2B39055&text=a+%26+%22b%22+%7Bto%7D"),
    ],
)
def test_the_gateways_request_is_encoded_for_its_place(encoding: str, body: bytes, url: str) -> None:
    settings = SmsSettings.model_validate({**SMS, "encoding": encoding})
    request = sms_request(settings, "+39055", replace(MESSAGE, short='a & "b" {to}'), "s/k")
    assert (request.body, request.url) == (body, url), "what a value holds is no template"


def test_a_gateway_that_answers_200_to_everything_needs_its_text(tmp_path: Path) -> None:
    with WAYS[ChannelKind.SMS](tmp_path) as way:
        section = {**way.settings["notify"]["sms"], "accepted_text": '"ok"'}
        channel = way.channel({"notify": {"sms": section}})
        outcome = channel.send(way.recipient, MESSAGE)
    assert isinstance(outcome, TryAgain)
    assert "accepted_text" in outcome.reason


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"url": "http://sms.example/"}, "expected https"),
        ({"url": "https://u:p@sms.example/"}, "a login in the address"),
        ({"url": "https://sms.example/", "body": {"to": "{to}"}}, "must stand in it"),
        ({"url": "https://sms.example/", "body": {"t": "{to}{text}{plate}"}}, "is no field"),
        ({"url": "https://sms.example/{secret}"}, "go together"),
    ],
)
def test_a_wrong_gateway_is_told_when_the_settings_are_read(section: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SmsSettings.model_validate(section)


def test_a_gateway_in_the_closed_network_may_speak_http() -> None:
    SmsSettings.model_validate({"url": "http://192.168.1.1/cgi-bin/sms"})


def test_mqtt_payloads_name_their_type_and_version_3_works_too(tmp_path: Path) -> None:
    with WAYS[ChannelKind.MQTT](tmp_path) as way:
        section = way.settings["notify"]["mqtt"]
        for version in ("5", "3.1.1"):
            channel = way.channel({"notify": {"mqtt": {**section, "version": version}}})
            assert channel.send(way.recipient, MESSAGE) == Sent()
            channel.close()
        wrong = way.channel({"notify": {"mqtt": {**section, "user": "nobody"}}})
        outcome = wrong.send(way.recipient, MESSAGE)
        wrong.close()
    assert isinstance(outcome, TryAgain)
    assert outcome.all_wait
    assert "uthor" in outcome.reason


def test_mqtt_without_tls_is_for_this_machine_only() -> None:
    with pytest.raises(ValueError, match="tls"):
        Settings.model_validate({"notify": {"mqtt": {"host": "broker.example", "tls": False}}})
