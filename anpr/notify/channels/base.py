# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strategy: the one interface of every channel, and the three answers that a channel can give."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from anpr.domain.notification import ChannelKind, Recipient, SendFault


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What a recipient is told. Without a plate, unless a rule says so with a reason.

    `id` is the same at each try and at no other message, so that a receiver knows a repeat: a channel puts it where its
    receivers look for one (Message-ID, CloudEvents id, …).
    """

    id: str
    type: str
    """What happened, for machines: `it.anpr.alarm.raised`, `it.anpr.alarm.escalated`, HANDED_OVER,
    `it.anpr.proposal.made` or `it.anpr.notification.test`."""
    at: datetime
    """When what is told happened (UTC)."""
    subject: str
    """One line, for people."""
    text: str
    """A few lines, for people; the link to the alarm is in them."""
    short: str
    """The same in one line, for a phone."""
    link: str | None = None
    """Where the alarm is shown, after a login; None where the site has named no address of its console."""
    data: dict[str, Any] = field(default_factory=dict)
    """The same for machines: names and values that JSON can carry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The receiver has taken it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It was not taken now. `reason` is one line without secrets and without what was sent."""

    reason: str
    all_wait: bool = field(default=False, kw_only=True)
    """Whether nothing else can be sent there either (no connection, no login), so that all of its lane waits. False
    where it may be this message alone."""
    why: SendFault | None = field(default=None, kw_only=True)

    @property
    def fault(self) -> SendFault:
        """As `why` says, else UNREACHABLE where all wait, and NOT_TAKEN."""
        return self.why or (SendFault.UNREACHABLE if self.all_wait else SendFault.NOT_TAKEN)


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken as it is; trying again does not help. `reason` as in TryAgain."""

    reason: str
    fault: SendFault = field(default=SendFault.REFUSED, kw_only=True)


HANDED_OVER = "it.anpr.alarm.handed-over"
"""Type of a message about an alarm that somebody sends to this very recipient."""
Outcome = Sent | TryAgain | Refused


class Channel(Protocol):
    """Sends messages. One thread uses it; what it keeps open between messages `close` ends."""

    @property
    def kind(self) -> ChannelKind:
        """Which one it is."""

    def lane(self, recipient: Recipient) -> str:
        """What waits together where nothing can be sent: the server's name, without secrets and without a person's
        address."""

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """Send it, within a bounded time. Whatever the world does is an outcome; what is raised is a bug."""

    def close(self) -> None:
        """End connections. May be called twice."""
