# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recipients of notifications. Each change is in the audit, with the address."""

from collections.abc import Mapping
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind, Recipient
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

MOST = 500
"""Recipients of one organisation at most."""
_SQL = load_queries("notification_rules")


def list_recipients(conn: Connection, organisation: str | None = None) -> dict[int, Recipient]:
    """Those that this transaction sees, by id; of one organisation when given."""
    rows = conn.execute(_SQL["recipients"], {"organisation": organisation})
    return {row["id"]: from_row(row) for row in rows}


def get_recipient(conn: Connection, recipient_id: int) -> Recipient:
    """Raises InputError when there is none."""
    row = conn.execute(_SQL["recipient"], {"id": recipient_id}).fetchone()
    if row is None:
        raise InputError(f"recipient {recipient_id}: there is none")
    return from_row(row)


def add_recipient(conn: Connection, recipient: Recipient, by: Author) -> int:
    """Its id; it belongs to the organisation that acts. Raises InputError where its address is there already, or there
    are too many."""
    if count_of(conn, _SQL["count_recipients"]) >= MOST:
        raise InputError(f"recipients: there are {MOST} already, which is the most")
    row = conn.execute(_SQL["add_recipient"], _values(recipient, by)).fetchone()
    if row is None:
        raise _taken(recipient)
    _note(conn, AuditAction.RECIPIENT_SAVED, row["id"], recipient, by)
    return int(row["id"])


def patrol_recipient(conn: Connection, user: str, by: Author) -> Recipient:
    """The recipient by which this patrol's phones are told, made when there is none. Raises InputError when there are
    too many recipients."""
    for known in list_recipients(conn).values():
        if (known.channel, known.address) == (ChannelKind.WEB_PUSH, user):
            return known
    draft = Recipient(id=0, organisation_id="", name=user, channel=ChannelKind.WEB_PUSH, address=user)
    return get_recipient(conn, add_recipient(conn, draft, by))


def change_recipient(conn: Connection, recipient: Recipient, by: Author) -> None:
    """Everything but whose it is. Raises InputError when there is none, or its address is another's already."""
    before = get_recipient(conn, recipient.id)
    values = _values(recipient, by)
    if one_row(conn, _SQL["is_taken"], values)["is_taken"]:
        raise _taken(recipient)
    conn.execute(_SQL["change_recipient"], values)
    was = {name: value for name, value in _named(before).items() if value != _named(recipient)[name]}
    _note(conn, AuditAction.RECIPIENT_SAVED, recipient.id, recipient, by, {"previous": was})


def delete_recipient(conn: Connection, recipient_id: int, by: Author) -> None:
    """It goes from all rules too; what waits for it in the ledger is not sent. Raises InputError when there is none."""
    recipient = get_recipient(conn, recipient_id)
    conn.execute(_SQL["delete_recipient"], {"id": recipient_id})
    _note(conn, AuditAction.RECIPIENT_DELETED, recipient_id, recipient, by)


def from_row(row: Mapping[str, Any]) -> Recipient:
    """The recipient in a row of the table."""
    names = ("id", "organisation_id", "name", "address", "enabled", "proposals")
    return Recipient(**{name: row[name] for name in names}, channel=ChannelKind(row["channel"]))


def _values(recipient: Recipient, by: Author) -> dict[str, Any]:
    return {"id": recipient.id, **_named(recipient), "at": by.at, "by": by.name}


def _named(recipient: Recipient) -> dict[str, Any]:
    return {
        "name": recipient.name,
        "channel": str(recipient.channel),
        "address": recipient.address,
        "enabled": recipient.enabled,
        "proposals": recipient.proposals,
    }


def _taken(recipient: Recipient) -> InputError:
    return InputError(f"recipient {recipient.name}: {recipient.channel} {recipient.address} is a recipient already")


def _note(
    conn: Connection,
    action: AuditAction,
    recipient_id: int,
    recipient: Recipient,
    by: Author,
    more: Mapping[str, Any] | None = None,
) -> None:
    detail = {"recipient": recipient_id, **_named(recipient), **(more or {})}
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, detail=detail))
