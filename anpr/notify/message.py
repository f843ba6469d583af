# SPDX-License-Identifier: AGPL-3.0-or-later
"""Composes messages when they are sent: kind in words, priority, gate, time and a link that asks for a login.

No plate, unless the rule that made the message gives a reason. Nothing of a message is stored.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.domain.notification import Rule, highest
from anpr.notify.channels.base import HANDED_OVER, Message
from anpr.notify.words import (
    ESCALATED,
    HANDED_OVER_BY,
    KINDS,
    LINK,
    NO_LINK,
    PRIORITIES,
    TEST_SHORT,
    TEST_SUBJECT,
    TEST_TEXT,
)
from anpr.store.notifications.ledger import LedgerRow
from anpr.store.notifications.sightings import SeenVehicle

_LONGEST_NAME = 60
"""Characters of a gate's name in a message: an SMS has 160 in all."""


def message_id(row: LedgerRow) -> str:
    """The same at each try of this row, and never another row's, also after the database was made anew."""
    return f"anpr-notification-{row.id}-{int(row.queued_at.timestamp() * 1000)}"


def test_message(row: LedgerRow) -> Message:
    """One that nobody can take for an alarm."""
    by = row.asked_by or "—"
    return Message(
        id=message_id(row),
        type="it.anpr.notification.test",
        at=row.queued_at,
        subject=TEST_SUBJECT,
        text=TEST_TEXT.format(by=one_line(by), name=one_line(row.recipient_name)),
        short=TEST_SHORT,
        data={"test": True},
    )


def alarm_message(
    row: LedgerRow, seen: list[SeenVehicle], rule: Rule | None, console_url: str | None, zone: ZoneInfo
) -> Message:
    """Of an alarm's sightings that the recipient's organisation may see, the newest first; there is one at least."""
    newest = seen[0]
    kind, priority = _leading(seen), PRIORITIES[row.priority]
    gate, is_escalated = one_line(newest.gate_name), row.step > 0
    link = f"{console_url.rstrip('/')}/alarms?alarm={row.alarm_id}#alarm-{row.alarm_id}" if console_url else None
    plate = newest.plate if rule is not None and rule.plate_reason is not None else None
    head = f"Allarme, priorità {priority}: {KINDS[kind]}"
    lines = [
        f"{head}.",
        *([ESCALATED] if is_escalated else []),
        *([HANDED_OVER_BY.format(by=one_line(row.asked_by))] if row.asked_by else []),
        f"Varco: {gate}",
        f"Ora: {local(newest.at, zone, '%d/%m/%Y %H:%M:%S')}",
        *([f"Targa: {plate}"] if plate else []),
        f"Allarme n. {row.alarm_id}",
        LINK.format(link=link) if link else NO_LINK,
    ]
    at = local(newest.at, zone, "%H:%M")
    short = [f"{head}, {gate}, {at}.", *([ESCALATED] if is_escalated else [])]
    return Message(
        id=message_id(row),
        type=_type(row),
        at=newest.at,
        subject=f"{'Sollecito: ' if is_escalated else ''}{head} – {gate}, {at}",
        text="\n".join(lines),
        short=" ".join([*short, *([f"Targa {plate}."] if plate else []), *([link] if link else [])]),
        link=link,
        data={
            "alarm": row.alarm_id,
            "kind": kind,
            "priority": str(row.priority),
            "gate": newest.sight.gate_id,
            "gate_name": gate,
            "escalated": is_escalated,
            **({"plate": plate} if plate else {}),
        },
    )


def _type(row: LedgerRow) -> str:
    if row.asked_by is not None:
        return HANDED_OVER
    return "it.anpr.alarm.escalated" if row.step > 0 else "it.anpr.alarm.raised"


def _leading(seen: list[SeenVehicle]) -> str:
    """The kind of the most urgent sighting."""
    first = highest([each.sight.priority for each in seen])
    return next(each.sight.kind for each in seen if each.sight.priority is first)


def local(moment: datetime, zone: ZoneInfo, form: str) -> str:
    """The moment on the site's clocks, in this form."""
    return moment.astimezone(zone).strftime(form)


def one_line(text: str) -> str:
    """Names come from people: no line ends in the head of a mail, and no more than fits."""
    return " ".join(text.split())[:_LONGEST_NAME]
