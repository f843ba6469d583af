# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trial of a recipient from the command line: a test message is sent now, and what came of it is told and recorded."""

from dataclasses import dataclass

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.domain.notification import ChannelKind, Recipient
from anpr.notify.channels.base import Message, Refused, Sent, TryAgain
from anpr.notify.channels.open import open_channel
from anpr.notify.words import TEST_SHORT, TEST_SUBJECT, TEST_TEXT
from anpr.runtime.clock import Clock, new_id
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.notifications.recipients import list_recipients


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What came of it, in one line."""

    is_sent: bool
    line: str


def try_recipient(settings: Settings, database: Database, clock: Clock, recipient_id: int, by: Author) -> Trial:
    """Send it by these settings. Raises InputError when there is no such recipient; StoreError."""
    with database.transaction() as conn:
        recipients = list_recipients(conn)
    if recipient_id not in recipients:
        raise InputError(f"recipient {recipient_id}: there is none{suggestion('', map(str, recipients))}")
    recipient = recipients[recipient_id]
    channel = open_channel(ChannelKind(recipient.channel), settings, clock, database)
    try:
        outcome = channel.send(recipient, _message(recipient, by))
    finally:
        channel.close()
    detail = {"recipient": recipient.id, "name": recipient.name, "channel": str(recipient.channel)}
    detail |= {"sent": isinstance(outcome, Sent)}
    with database.transaction() as conn:
        append(conn, AuditEvent(actor=by.name, action=AuditAction.NOTIFICATION_TESTED, at=by.at, detail=detail))
    match outcome:
        case Sent():
            return Trial(is_sent=True, line=f"sent to {recipient.name} by {recipient.channel}")
        case TryAgain(reason):
            return Trial(is_sent=False, line=f"not taken now: {reason}")
        case Refused(reason):
            return Trial(is_sent=False, line=f"refused: {reason}")


def _message(recipient: Recipient, by: Author) -> Message:
    return Message(
        id=f"anpr-notification-test-{new_id(by.at)}",
        type="it.anpr.notification.test",
        at=by.at,
        subject=TEST_SUBJECT,
        text=TEST_TEXT.format(by=by.name, name=recipient.name),
        short=TEST_SHORT,
        data={"test": True},
    )
