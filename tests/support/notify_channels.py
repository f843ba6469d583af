# SPDX-License-Identifier: AGPL-3.0-or-later
"""One way for each channel: the channel, and a real server that it sends to, which a test can make refuse."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from json import loads
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.notification import ChannelKind, Recipient
from anpr.notify.channels.base import Channel
from anpr.notify.channels.open import open_channel
from anpr.notify.channels.web_push import WebPushChannel
from anpr.notify.webpush.vapid import load_vapid_key
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from anpr.settings.notify import WebPushSettings
from anpr.store.patrol.devices import Reachable, Wanted
from scripts.lab import mail_server as mail
from scripts.lab import mqtt_broker as mqtt
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import HttpReceiver, http_receiver
from scripts.lab.ports import free_ports
from scripts.lab.push_service import HOST, Phone, push_service
from scripts.lab.transits import START

SECRET = "whsec_c2VncmV0byBkZWwgY29tdW5l"


@dataclass(frozen=True, kw_only=True)
class Way:
    """`taken`: id and text of each message that arrived. `refuse`: from now on messages are refused for good;
    `busy`: for now (None where the server cannot). `settings` with `changes` make another channel."""

    kind: ChannelKind
    settings: dict[str, Any]
    folder: Path
    recipient: Recipient
    taken: Callable[[], list[tuple[str, str]]]
    refuse: Callable[[], Recipient]
    busy: Callable[[], None] | None
    elsewhere: dict[str, Any]
    """Settings of a place where nobody listens."""
    untrusted: dict[str, Any]
    """Settings that trust other certificates only."""

    make: Callable[[dict[str, Any]], Channel] | None = None
    """How it is opened, where the settings are not enough."""

    def channel(self, settings: dict[str, Any] | None = None) -> Channel:
        """Open."""
        if self.make is not None:
            return self.make(settings or self.settings)
        values = {"data_dir": str(self.folder), **(settings or self.settings)}
        return open_channel(self.kind, Settings.model_validate(values), ManualClock(START))


def _recipient(kind: ChannelKind, address: str) -> Recipient:
    return Recipient(id=1, organisation_id="manager", name="Sala", channel=kind, address=address)


def _secret(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(f"{text}\n", encoding="utf-8")
    return str(path)


@contextmanager
def _email(folder: Path) -> Iterator[Way]:
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    with mail.mail_server(authority, authority.issue("mail", "127.0.0.1")) as server:
        section = {
            "host": "127.0.0.1", "port": server.port, "sender": "anpr@example.it", "user": mail.USER,
            "secret_file": _secret(folder, mail.PASSWORD), "ca_file": str(authority.certificate), "timeout_s": 5,
        }  # fmt: skip
        recipient = _recipient(ChannelKind.EMAIL, "sala@comune.example")

        def taken() -> list[tuple[str, str]]:
            return [
                (str(each["message-id"]).strip("<>").partition("@")[0], each.get_content()) for each in server.taken
            ]

        def refuse() -> Recipient:
            server.refused[recipient.address] = "550 no such user"
            return recipient

        yield Way(
            kind=ChannelKind.EMAIL, settings={"mail": section}, folder=folder, recipient=recipient, taken=taken,
            refuse=refuse, busy=lambda: server.refused.update({recipient.address: "450 greylisted"}),
            elsewhere={"mail": {**section, "port": free_ports(1)[0]}},
            untrusted={"mail": {**section, "ca_file": str(other.certificate)}},
        )  # fmt: skip


@contextmanager
def _webhook(folder: Path) -> Iterator[Way]:
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    with http_receiver(authority, authority.issue("hook", "127.0.0.1")) as server:
        section = {
            "enabled": True, "private_networks": ["127.0.0.0/8"], "ca_file": str(authority.certificate),
            "secret_file": _secret(folder, SECRET), "timeout_s": 5,
        }  # fmt: skip
        recipient = _recipient(ChannelKind.WEBHOOK, f"https://127.0.0.1:{server.port}/allarmi")

        def taken() -> list[tuple[str, str]]:
            return [(loads(each.body)["id"], loads(each.body)["data"]["text"]) for each in server.taken]

        yield Way(
            kind=ChannelKind.WEBHOOK, settings={"notify": {"webhook": section}}, folder=folder, recipient=recipient,
            taken=taken, refuse=lambda: _answering(server, 422, recipient), busy=lambda: _answer(server, 503),
            elsewhere={}, untrusted={"notify": {"webhook": {**section, "ca_file": str(other.certificate)}}},
        )  # fmt: skip


@contextmanager
def _sms(folder: Path) -> Iterator[Way]:
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    with http_receiver(authority, authority.issue("sms", "127.0.0.1")) as server:
        section = {
            "url": f"https://127.0.0.1:{server.port}/send", "headers": {"Authorization": "Bearer {secret}"},
            "body": {"to": "{to}", "text": "{text}", "ref": "{id}"}, "ca_file": str(authority.certificate),
            "secret_file": _secret(folder, "chiave"), "timeout_s": 5,
        }  # fmt: skip
        recipient = _recipient(ChannelKind.SMS, "+390551234567")

        def taken() -> list[tuple[str, str]]:
            return [(loads(each.body)["ref"], loads(each.body)["text"]) for each in server.taken]

        elsewhere = {**section, "url": f"https://127.0.0.1:{free_ports(1)[0]}/send"}
        yield Way(
            kind=ChannelKind.SMS, settings={"notify": {"sms": section}}, folder=folder, recipient=recipient,
            taken=taken, refuse=lambda: _answering(server, 422, recipient), busy=lambda: _answer(server, 503),
            elsewhere={"notify": {"sms": elsewhere}},
            untrusted={"notify": {"sms": {**section, "ca_file": str(other.certificate)}}},
        )  # fmt: skip


@contextmanager
def _mqtt(folder: Path) -> Iterator[Way]:
    if mqtt.BROKER is None:
        pytest.skip("mosquitto is missing: scripts/setup-test-services")
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    with mqtt.mqtt_broker(folder, authority, authority.issue("mqtt", "127.0.0.1")) as broker:
        section = {
            "host": "127.0.0.1", "port": broker.port, "user": mqtt.USER, "ca_file": str(authority.certificate),
            "secret_file": _secret(folder, mqtt.PASSWORD), "timeout_s": 5,
        }  # fmt: skip
        recipient = _recipient(ChannelKind.MQTT, mqtt.TOPIC)

        def taken() -> list[tuple[str, str]]:
            return [(loads(payload)["id"], loads(payload)["data"]["text"]) for payload, _ in broker.taken]

        yield Way(
            kind=ChannelKind.MQTT, settings={"notify": {"mqtt": section}}, folder=folder, recipient=recipient,
            taken=taken, refuse=lambda: replace(recipient, address="altro/argomento"), busy=None,
            elsewhere={"notify": {"mqtt": {**section, "port": free_ports(1)[0]}}},
            untrusted={"notify": {"mqtt": {**section, "ca_file": str(other.certificate)}}},
        )  # fmt: skip


class _Phones:
    """One phone, in memory."""

    def __init__(self, phone: Phone, endpoint: str) -> None:
        self._phone, self._endpoint = phone, endpoint

    def begin(self, site_key: str) -> int:
        del site_key
        return 0

    def reachable(self, wanted: Wanted) -> list[Reachable]:
        del wanted
        phone = self._phone
        return [
            Reachable(id=1, user_name="mario", endpoint=self._endpoint, device_key=phone.device_key, auth=phone.auth)
        ]

    def reached(self, number: int) -> None:
        """As Devices."""

    def failed(self, number: int, reason: str) -> None:
        """As Devices."""

    def gone(self, number: int) -> None:
        """As Devices."""


@contextmanager
def _web_push(folder: Path) -> Iterator[Way]:
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    key = load_vapid_key(folder / "web-push-key")
    with push_service(authority, authority.issue("push", HOST)) as service:
        service.now = START.timestamp
        phone = service.register("one", key.public)
        section = {"contact": "mailto:ced@comune.example.it", "private_hosts": [HOST], "timeout_s": 5,
                   "ca_file": str(authority.certificate)}  # fmt: skip
        away = {**section, "keep_s": 1}

        def make(settings: dict[str, Any]) -> Channel:
            chosen = settings["notify"]["web_push"]
            endpoint = f"https://{HOST}:{free_ports(1)[0]}/x" if chosen is away else phone.endpoint
            parsed = WebPushSettings.model_validate(chosen)
            return WebPushChannel(parsed, key, _Phones(phone, endpoint), ManualClock(START))

        def answering(status: int) -> Recipient:
            phone.status = status
            return _recipient(ChannelKind.WEB_PUSH, "mario")

        yield Way(
            kind=ChannelKind.WEB_PUSH, settings={"notify": {"web_push": section}}, folder=folder, make=make,
            recipient=_recipient(ChannelKind.WEB_PUSH, "mario"),
            taken=lambda: [(each["id"], each.get("gate_name", "")) for each in phone.told],
            refuse=lambda: answering(413), busy=lambda: _ignore(answering(503)),
            elsewhere={"notify": {"web_push": away}},
            untrusted={"notify": {"web_push": {**section, "ca_file": str(other.certificate)}}},
        )  # fmt: skip


def _ignore(_: object) -> None:
    """For what is called for what it does."""


def _answer(server: HttpReceiver, status: int) -> None:
    server.status = status
    server.answer = b"AB123CD segreto"


def _answering(server: HttpReceiver, status: int, recipient: Recipient) -> Recipient:
    _answer(server, status)
    return recipient


WAYS: dict[ChannelKind, Callable[[Path], AbstractContextManager[Way]]] = {
    ChannelKind.EMAIL: _email,
    ChannelKind.WEBHOOK: _webhook,
    ChannelKind.MQTT: _mqtt,
    ChannelKind.SMS: _sms,
    ChannelKind.WEB_PUSH: _web_push,
}
