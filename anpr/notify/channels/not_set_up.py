# SPDX-License-Identifier: AGPL-3.0-or-later
"""Null object: a channel that this site has not set up refuses everything, and says so."""

from anpr.domain.notification import ChannelKind, Recipient, SendFault
from anpr.notify.channels.base import Message, Outcome, Refused

_KEYS = {
    ChannelKind.EMAIL: "mail.host",
    ChannelKind.WEBHOOK: "notify.webhook.enabled",
    ChannelKind.MQTT: "notify.mqtt.host",
    ChannelKind.SMS: "notify.sms.url",
    ChannelKind.WEB_PUSH: "notify.web_push.contact",
}


class NotSetUp:
    """In place of a channel without settings."""

    def __init__(self, kind: ChannelKind) -> None:
        self._kind = kind

    @property
    def kind(self) -> ChannelKind:
        """Which one is missing."""
        return self._kind

    def lane(self, recipient: Recipient) -> str:  # noqa: ARG002  there is no server
        """Its name."""
        return f"channel {self._kind}"

    def send(self, recipient: Recipient, message: Message) -> Outcome:  # noqa: ARG002  nothing is sent
        """Refused: sent again by hand once the channel is set up."""
        return Refused(
            f"this site has not set up the channel: {_KEYS[self._kind]} is not set",
            fault=SendFault.NOT_SET_UP,
        )

    def close(self) -> None:
        """Nothing is open."""
