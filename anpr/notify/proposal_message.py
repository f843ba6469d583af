# SPDX-License-Identifier: AGPL-3.0-or-later
"""Composes the message about a proposal that waits: what kind of change, by whom, until when, and a link.

Without plate, reason or name of the list: whoever decides reads them after the login.
"""

from zoneinfo import ZoneInfo

from anpr.notify.channels.base import Message
from anpr.notify.message import local, message_id, one_line
from anpr.notify.words import NO_LINK, PROPOSAL_KINDS, PROPOSAL_LINK, PROPOSAL_URGENT
from anpr.store.notifications.ledger import LedgerRow
from anpr.store.notifications.proposals import WaitingProposal


def proposal_message(row: LedgerRow, of: WaitingProposal, console_url: str | None, zone: ZoneInfo) -> Message:
    """To those who decide on changes of their organisation's lists."""
    what, by = PROPOSAL_KINDS[of.kind], one_line(of.made_by)
    link = f"{console_url.rstrip('/')}/watchlists/{of.watchlist_id}/proposals/{of.id}" if console_url else None
    head = f"Proposta da decidere: {what}"
    until = PROPOSAL_URGENT.format(until=local(of.urgent_until, zone, "%d/%m/%Y %H:%M")) if of.urgent_until else ""
    lines = [
        f"{head}.",
        *([until] if until else []),
        f"Proposta n. {of.id} di {by}, {local(of.made_at, zone, '%d/%m/%Y %H:%M')}",
        f"Scade: {local(of.expires_at, zone, '%d/%m/%Y %H:%M')}",
        PROPOSAL_LINK.format(link=link) if link else NO_LINK,
    ]
    short = [f"{head}, di {by}.", *([until] if until else []), *([link] if link else [])]
    return Message(
        id=message_id(row),
        type="it.anpr.proposal.made",
        at=of.made_at,
        subject=f"{head}, di {by}",
        text="\n".join(lines),
        short=" ".join(short),
        link=link,
        data={"proposal": of.id, "kind": of.kind, "urgent": of.urgent_until is not None},
    )
