# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channel: Web Push (RFC 8030) to the phones of a patrol, or of every patrol in whose area the alarm is.

A message is taken once one phone's service has taken it; the other phones' failures stand with the phones. A repeat
replaces the first one on the phone, since both have the same topic and tag. What is sent has no plate, whatever the
rule says: it lies on a lock screen.
"""

import json
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from anpr.domain.errors import InputError, SettingsError
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.domain.notification_address import EVERY_PATROL
from anpr.domain.push_endpoint import PushEndpoint, push_endpoint
from anpr.domain.url_base64 import to_url_base64
from anpr.notify.channels.base import HANDED_OVER, Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.http import Allowed, HttpAnswer, HttpRequest, NoAnswer, call
from anpr.notify.channels.tls import tls_context
from anpr.notify.webpush.encryption import encrypt
from anpr.notify.webpush.vapid import VapidKey
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import PUSH_DEVICES, preset
from anpr.settings.notify import WebPushSettings
from anpr.store.patrol.devices import Reachable, Wanted

NO_DEVICE = "no phone is registered and logged in for it"
_GONE = frozenset({404, 410})
"""The service does not know the phone any more (RFC 8030, 7.3)."""
_FINAL = frozenset({400, 413})
_AT_ONCE = 8
_TOLD = ("alarm", "kind", "priority", "gate_name", "escalated", "test")
"""What a phone is told of a message's data."""


class Devices(Protocol):
    """Where phones are kept."""

    def begin(self, site_key: str) -> int:
        """Say the key under which they register, and remove those that are over; returns how many."""

    def reachable(self, wanted: Wanted) -> list[Reachable]:
        """Those to send to."""

    def reached(self, number: int) -> None:
        """A phone's service has taken a message."""

    def failed(self, number: int, reason: str) -> None:
        """It has not."""

    def gone(self, number: int) -> None:
        """It does not know the phone."""


class WebPushChannel:
    """A connection for each phone and message."""

    kind = ChannelKind.WEB_PUSH

    def __init__(self, settings: WebPushSettings, key: VapidKey, devices: Devices, clock: Clock) -> None:
        """Says the key, and removes phones that are over. Raises StoreError."""
        self._settings = settings
        self._key = key
        self._devices = devices
        self._clock = clock
        for outcome in ("sent", "failed", "gone", "over", "refused-address"):
            preset(PUSH_DEVICES, outcome)
        PUSH_DEVICES.labels("over").inc(devices.begin(key.public))

    def lane(self, recipient: Recipient) -> str:
        """The recipient: their phones may be at several services."""
        return f"phones of recipient {recipient.id}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """See Channel."""
        try:
            context = tls_context(self._settings.ca_file, "notify.web_push.ca_file")
        except SettingsError as exc:
            return TryAgain(str(exc), all_wait=True, why=SendFault.SETTINGS)
        devices = self._devices.reachable(self._wanted(recipient, message))
        if not devices:
            return Refused(NO_DEVICE, fault=SendFault.NO_DEVICE)
        body = payload_of(message)
        with ThreadPoolExecutor(min(_AT_ONCE, len(devices))) as pool:
            outcomes = list(pool.map(lambda device: self._tell(device, message, body, context), devices))
        return _together(outcomes)

    def close(self) -> None:
        """Nothing is kept open."""

    def _wanted(self, recipient: Recipient, message: Message) -> Wanted:
        is_for_this_one = message.type == HANDED_OVER or "gate" not in message.data
        return Wanted(
            organisation=recipient.organisation_id,
            user=None if recipient.address == EVERY_PATROL else recipient.address,
            gates=None if is_for_this_one else [str(message.data["gate"])],
            site_key=self._key.public,
        )

    def _tell(self, device: Reachable, message: Message, body: bytes, context: ssl.SSLContext) -> Outcome:
        """One phone. What came of it stands with the phone."""
        try:
            endpoint = push_endpoint(device.endpoint, self._settings.private_hosts)
            request = self._request(device, endpoint, message, body)
        except InputError as exc:
            return self._failed(device, Refused(str(exc), fault=SendFault.FORBIDDEN_ADDRESS), "refused-address")
        answer = call(request, context, self._settings.timeout_s, self._may_reach(endpoint.host))
        if isinstance(answer, HttpAnswer):
            return self._judged(device, endpoint.host, answer.status)
        if isinstance(answer, NoAnswer):
            reason = f"{endpoint.host}: {answer.reason}"
            return self._failed(device, TryAgain(reason, all_wait=answer.is_unreachable), "failed")
        reason = f"{endpoint.host}: its address is private and it is not in notify.web_push.private_hosts"
        return self._failed(device, Refused(reason, fault=SendFault.FORBIDDEN_ADDRESS), "refused-address")

    def _judged(self, device: Reachable, host: str, status: int) -> Outcome:
        if 200 <= status < 300:
            self._devices.reached(device.id)
            PUSH_DEVICES.labels("sent").inc()
            return Sent()
        reason = f"{host}: status {status}"
        if status in _GONE:
            self._devices.gone(device.id)
            PUSH_DEVICES.labels("gone").inc()
            return Refused(f"{reason}: the phone is not registered any more", fault=SendFault.NO_DEVICE)
        is_final = status in _FINAL or 300 <= status < 400
        return self._failed(device, Refused(reason) if is_final else TryAgain(reason), "failed")

    def _failed(self, device: Reachable, outcome: Refused | TryAgain, counted: str) -> Outcome:
        self._devices.failed(device.id, outcome.reason)
        PUSH_DEVICES.labels(counted).inc()
        return outcome

    def _request(self, device: Reachable, endpoint: PushEndpoint, message: Message, body: bytes) -> HttpRequest:
        """Raises InputError where the phone's key is none."""
        contact, now = self._settings.contact or "", self._clock.now()
        headers = {
            "Authorization": self._key.authorization(endpoint.origin, contact, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._settings.keep_s),
            "Urgency": "high" if message.data.get("priority") == "high" else "normal",
            "Topic": _topic(message),
        }
        return HttpRequest(
            method="POST", url=endpoint.url, headers=headers, body=encrypt(body, device.device_key, device.auth)
        )

    def _may_reach(self, host: str) -> Allowed:
        if host in self._settings.private_hosts:
            return lambda _address: True
        return _is_public


def payload_of(message: Message) -> bytes:
    """What the phone's service worker makes words of: kind, priority, gate, time and address. Never a plate."""
    told = {name: message.data[name] for name in _TOLD if name in message.data}
    told |= {"id": message.id, "at": message.at.astimezone(UTC).isoformat(timespec="seconds")}
    told["handed_over"] = message.type == HANDED_OVER
    told["path"] = f"/patrol#alarm-{message.data['alarm']}" if "alarm" in message.data else "/patrol"
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _topic(message: Message) -> str:
    """A later message of the same alarm replaces one that the service still keeps. 32 characters of base64url at most;
    hashed, as the service need not know which alarm it is."""
    what = f"alarm {message.data['alarm']}" if "alarm" in message.data else message.id
    return to_url_base64(sha256(what.encode()).digest())[:32]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """Sent where one phone has it; else tried again where that may help."""
    if any(isinstance(each, Sent) for each in outcomes):
        return Sent()
    again = [each for each in outcomes if isinstance(each, TryAgain)]
    if again:
        return TryAgain(again[0].reason, all_wait=all(each.all_wait for each in again), why=again[0].why)
    return outcomes[0]
