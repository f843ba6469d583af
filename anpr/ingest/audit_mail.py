# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails the audit's head to people outside the system, so that who owns the machine cannot rewrite the past unseen.

A mail that is not taken is tried again with a wait that grows; the metrics, the log and a row of the audit say so until
one succeeds, and whoever expects a mail a day notices by themselves.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from anpr.domain.errors import AnprError, MailError, SettingsError
from anpr.ingest.audit_mail_text import head_mail
from anpr.mail.message import Mail
from anpr.mail.smtp import SmtpSender
from anpr.runtime.background import every
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import AUDIT_MAIL_FAILED, AUDIT_MAIL_TIME
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, NotedHead, append, last_head
from anpr.store.audit_chain.mailing import MailState, alone, mail_state
from anpr.store.audit_chain.verification import newest_cut
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database

ACTOR = "maintenance"
LOOK_EVERY_S = 60.0
Send = Callable[[Mail], None]
log = logging.getLogger(__name__)


def running_audit_mail(database: Database, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    """Look every minute whether a mail is due, in a thread for as long as the context lasts; nothing where no address
    is set."""
    if not settings.audit.mail_to:
        return nullcontext()
    mailer = HeadMailer(database=database, settings=settings, clock=clock, send=SmtpSender(settings.mail, clock).send)
    return every(LOOK_EVERY_S, mailer.look, "mail of the audit's head", clock)


@dataclass(kw_only=True)
class HeadMailer:
    """Mails the head when it is due, to each address once."""

    database: Database
    settings: Settings
    clock: Clock
    send: Send
    _taken: dict[str, NotedHead] = field(default_factory=dict)
    """Addresses that have this head already, while others wait for theirs."""
    _backoff: Backoff = field(default_factory=lambda: Backoff(first_s=LOOK_EVERY_S, most_s=3600.0))
    _next_try: datetime | None = None

    def look(self) -> None:
        """Mail the head if that is due. Raises StoreError; that a mail is not taken is logged, counted and recorded."""
        with alone(self.database) as is_alone:
            if not is_alone:
                return
            with self.database.transaction() as conn:
                state = mail_state(conn)
            self._tell(state)
            now = self.clock.now()
            if self._is_due(state, now) and (self._next_try is None or now >= self._next_try):
                self._mail(state, now)

    def _is_due(self, state: MailState, now: datetime) -> bool:
        period = timedelta(hours=self.settings.audit.mail_every_h)
        return state.mailed_at is None or now - state.mailed_at >= period

    def _mail(self, state: MailState, now: datetime) -> None:
        try:
            mail_head(self.database, self.settings, self.clock, self.send, actor=ACTOR, taken=self._taken)
        except (MailError, SettingsError) as exc:
            wait_s = self._backoff.next_s()
            self._next_try = now + timedelta(seconds=wait_s)
            log.error("the audit's head was not mailed: %s; next try in %.0f s", exc, wait_s)
            if state.failure != str(exc):
                self._record(exc, now)
            AUDIT_MAIL_FAILED.set(1)
            return
        self._taken.clear()
        self._backoff.reset()
        self._next_try = None
        self._tell(MailState(mailed_at=now))

    def _record(self, exc: AnprError, now: datetime) -> None:
        event = AuditEvent(actor=ACTOR, action=AuditAction.AUDIT_MAIL_FAILED, at=now, detail={"failure": str(exc)})
        with self.database.transaction() as conn:
            append(conn, event)

    @staticmethod
    def _tell(state: MailState) -> None:
        AUDIT_MAIL_FAILED.set(int(state.failed_at is not None))
        if state.mailed_at is not None:
            AUDIT_MAIL_TIME.set(state.mailed_at.timestamp())


def mail_head(  # noqa: PLR0913  what it needs from outside
    database: Database,
    settings: Settings,
    clock: Clock,
    send: Send,
    *,
    actor: str,
    to: Sequence[str] | None = None,
    taken: dict[str, NotedHead] | None = None,
) -> NotedHead | None:
    """Mail the present head to these addresses (None: those of the settings), and record it; None while there is no
    row.

    `taken`: addresses that have a head already since the last success; they are left out, and added to. Raises
    MailError when one was not taken, after all were tried; SettingsError; StoreError.
    """
    taken = {} if taken is None else taken
    addresses = settings.audit.mail_to if to is None else to
    with database.transaction() as conn:
        head, proof = last_head(conn), newest_cut(conn)
    if head is None:
        return None
    public = site_key(ensure_key(settings.audit_key_path)).public
    failures: list[MailError] = []
    for address in addresses:
        if address in taken:
            continue
        try:
            send(head_mail(address, head, proof.cut if proof else None, public, settings, clock.now()))
        except MailError as exc:
            failures.append(exc)
        else:
            taken[address] = head
    if failures:
        raise MailError("; ".join(map(str, failures)), permanent=all(each.permanent for each in failures))
    detail: dict[str, object] = {"head": str(head), "mailed_to": list(addresses)}
    if to is not None:  # such a mail is no answer to whether the daily ones arrive
        detail["by_hand"] = True
    with database.transaction() as conn:
        append(conn, AuditEvent(actor=actor, action=AuditAction.AUDIT_HEAD_MAILED, at=clock.now(), detail=detail))
    return head
