# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail as people write it, and its form on the wire (RFC 5322)."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """Plain text for one address. It names no plate: mail passes servers of others."""

    to: str
    subject: str
    text: str
    id: str | None = None
    """Of the mail, the same at each try, so that a receiver knows a repeat; None: a new one at each try."""


def on_the_wire(mail: Mail, sender: str, at: datetime) -> EmailMessage:
    """The message: UTF-8, sent now (`at`), marked as one that no person wrote (RFC 3834), so that no holiday notice
    answers.

    Raises ValueError where a header has a line end.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{mail.id}@{domain}>" if mail.id else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
