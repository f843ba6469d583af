# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channel: HTTPS request with a CloudEvent, signed as Standard Webhooks says (docs/notifications.md).

The signature covers id, time and body: HMAC-SHA256 (`v1`) where the site has a secret, else Ed25519 by the site's key
(`v1a`). Receivers are named by people, so private addresses are refused but for those that the site allows.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit

from anpr.contract.signature import SigningKey
from anpr.domain.errors import SettingsError
from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.notify.channels.base import Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.channels.cloud_event import CONTENT_TYPE, cloud_event
from anpr.notify.channels.http import HttpAnswer, HttpRequest, NoAnswer, call
from anpr.notify.channels.tls import tls_context
from anpr.runtime.clock import Clock
from anpr.settings.notify import WebhookSettings
from anpr.settings.secret_origin import secret_of

_FINAL = frozenset({400, 405, 410, 413, 414, 415, 422})
"""Status codes of the 400s that are about this message. After the others, as 401 or 404, somebody may put the receiver
right, and what was told meanwhile must arrive."""
_PREFIX = "whsec_"


class WebhookChannel:
    """A connection for each message."""

    kind = ChannelKind.WEBHOOK

    def __init__(
        self, settings: WebhookSettings, source: str, clock: Clock, site_key: Callable[[], SigningKey]
    ) -> None:
        """`source`: of the events. `site_key` is asked where the settings name no secret."""
        self._settings = settings
        self._source = source
        self._clock = clock
        self._site_key = site_key
        self._networks = [ip_network(each) for each in settings.private_networks]

    def lane(self, recipient: Recipient) -> str:
        """Host and port of the receiver."""
        return f"webhook {urlsplit(recipient.address).netloc}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """See Channel. 2xx is sent; a redirect, and what says that the message itself is wrong, is refused; every other
        status is tried again."""
        settings = self._settings
        where = self.lane(recipient)
        try:
            context = tls_context(settings.ca_file, "notify.webhook.ca_file")
            request = self._request(recipient, message)
        except SettingsError as exc:
            return TryAgain(str(exc), all_wait=True, why=SendFault.SETTINGS)
        answer = call(request, context, settings.timeout_s, self._may_reach)
        if isinstance(answer, NoAnswer):
            return TryAgain(f"{where}: {answer.reason}", all_wait=answer.is_unreachable)
        if isinstance(answer, HttpAnswer):
            return _judged(answer.status, where)
        return Refused(
            f"{where}: its address is private and in no network of notify.webhook.private_networks",
            fault=SendFault.FORBIDDEN_ADDRESS,
        )

    def close(self) -> None:
        """Nothing is kept open."""

    def _request(self, recipient: Recipient, message: Message) -> HttpRequest:
        body, at = cloud_event(message, self._source), str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "anpr-notify",
            "webhook-id": message.id,
            "webhook-timestamp": at,
            "webhook-signature": self._signature(f"{message.id}.{at}.".encode() + body),
        }
        return HttpRequest(method="POST", url=recipient.address, headers=headers, body=body)

    def _signature(self, signed: bytes) -> str:
        if not self._settings.has_secret:
            return f"v1a,{b64encode(self._site_key().sign_bytes(signed)).decode()}"
        key = hmac_key(secret_of(self._settings, "notify.webhook"))
        return f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"

    def _may_reach(self, address: IPv4Address | IPv6Address) -> bool:
        if any(address in network for network in self._networks):
            return True
        return address.is_global and not address.is_multicast


def hmac_key(secret: str) -> bytes:
    """The key that a secret stands for: `whsec_` and base64, as Standard Webhooks writes it, or the text itself."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise SettingsError("notify.webhook: after whsec_ the secret is no base64") from None


def _judged(status: int, where: str) -> Outcome:
    if 200 <= status < 300:
        return Sent()
    if status in _FINAL or 300 <= status < 400:
        return Refused(f"{where}: status {status}")
    return TryAgain(f"{where}: status {status}")
