# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two signatures: the first freezes a shift's facts, the second completes them and may pass alarms on; both audited.

What was signed is kept by a trigger of the database, and its digest is in the audit's chain.
"""

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.domain.handover import MAX_TEXT, Handover, ShiftFacts, is_late
from anpr.store.alarms.changing import lock_alarms
from anpr.store.alarms.handling import hand_over
from anpr.store.alarms.rows import some_alarms
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.handovers.content import digest_of, from_content, to_content

_SQL = load_queries("handovers")


def sign_out(conn: Connection, facts: ShiftFacts, by: str, text: str, *, gives_alarms: bool) -> Handover:
    """The operator who leaves signs what the shift leaves. Raises InputError for words that are too long."""
    _check_words(text)
    content = to_content(facts)
    digest = digest_of(content, by, text, gives_alarms=gives_alarms)
    values = {"since": facts.since, "at": facts.at, "outgoing": by, "text": text, "gives": gives_alarms}
    made = _from_row(one_row(conn, _SQL["add"], {**values, "content": Jsonb(content), "digest": digest}))
    detail = {"handover": made.id, "open": facts.open, "sha256": made.digest}
    append(conn, AuditEvent(actor=by, action=AuditAction.HANDOVER_SIGNED_OUT, at=facts.at, detail=detail))
    return made


def sign_in(conn: Connection, number: int, by: str, at: datetime, remark: str, *, at_workstation: bool) -> Handover:
    """The operator who comes signs: it is complete, and their colleague's alarms are theirs where that was agreed.

    `at_workstation`: they proved who they are in the colleague's session. Raises InputError when there is no such
    handover, it is complete, it is their own, it is too old, or what is stored is not what was signed.
    """
    _check_words(remark)
    lock_alarms(conn)  # before the row: whoever changes alarms waits in the same order
    row = conn.execute(_SQL["lock_one"], {"id": number}).fetchone()
    before = _from_row(row) if row else None
    if before is None or before.is_complete or before.outgoing == by or is_late(before, at) or not before.is_whole:
        raise InputError(f"handover {number}: {by} cannot sign it")
    values = {"id": number, "by": by, "at": at, "remark": remark or None}
    signed = _from_row(one_row(conn, _SQL["sign"], values))
    given = _pass_on(conn, signed, by, at) if signed.gives_alarms else []
    way = "workstation" if at_workstation else "session"
    detail = {"handover": number, "from": signed.outgoing, "sha256": signed.digest, "way": way, "alarms": given}
    append(conn, AuditEvent(actor=by, action=AuditAction.HANDOVER_SIGNED_IN, at=at, detail=detail))
    return signed


def get_handover(conn: Connection, number: int) -> Handover | None:
    """The handover; None when there is none (any more), or it is another organisation's."""
    row = conn.execute(_SQL["get"], {"id": number}).fetchone()
    return _from_row(row) if row else None


def list_handovers(conn: Connection, below: int, limit: int) -> list[Handover]:
    """Those with numbers below this, the newest first."""
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"below": below, "limit": limit})]


def forget_handovers(conn: Connection, before: datetime) -> int:
    """Retention: forget those of shifts that ended before this (UTC); returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _pass_on(conn: Connection, handover: Handover, by: str, at: datetime) -> list[int]:
    """Those of the handover's alarms that the outgoing operator has now become the other's."""
    given = []
    for alarm in some_alarms(conn, handover.facts.held_by(handover.outgoing)):
        if not alarm.is_held or alarm.acknowledged_by != handover.outgoing:
            continue
        try:
            hand_over(conn, alarm.id, handover.outgoing, at, by)
        except InputError:  # an agreement by which they had it is over
            continue
        given.append(alarm.id)
    return given


def _check_words(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise InputError(f"handover: at most {MAX_TEXT} characters")


def _from_row(row: dict[str, Any]) -> Handover:
    digest = digest_of(row["content"], row["outgoing"], row["words"], gives_alarms=row["gives_alarms"])
    return Handover(
        id=row["id"],
        organisation_id=row["organisation_id"],
        outgoing=row["outgoing"],
        facts=from_content(row["content"]),
        text=row["words"],
        gives_alarms=row["gives_alarms"],
        digest=bytes(row["digest"]).hex(),
        is_whole=digest == bytes(row["digest"]),
        incoming=row["incoming"],
        incoming_at=row["incoming_at"],
        remark=row["remark"],
    )
