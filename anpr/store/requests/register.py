# SPDX-License-Identifier: AGPL-3.0-or-later
"""Register of data subject requests: received, answered, refused or carried out. The audit tells each step without the
plate, so that what was erased is nowhere to be found; until then the register alone knows it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.subject_request import RefusalGrounds, RequestKind, RequestOutcome, SubjectRequest
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("requests")
MOST = 500
"""Requests in the register's list; those that are open come first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """Who does something for a request, and when (UTC)."""

    by: str
    at: datetime


def add_request(conn: Connection, request: SubjectRequest) -> int:
    """Its number."""
    names = ("kind", "plate", "reference", "received_on", "registered_by", "registered_at")
    number: int = one_row(conn, _SQL["add"], {name: getattr(request, name) for name in names})["id"]
    handling = Handling(by=request.registered_by, at=request.registered_at)
    detail = {"kind": str(request.kind), "received_on": request.received_on.isoformat()}
    note_request(conn, AuditAction.REQUEST_REGISTERED, number, request.reference, handling, detail)
    return number


def get_request(conn: Connection, number: int) -> SubjectRequest | None:
    """The request with this number; None when there is none (any more)."""
    row = conn.execute(_SQL["get"], {"id": number}).fetchone()
    return _request(row) if row else None


def list_requests(conn: Connection) -> list[SubjectRequest]:
    """Those that are open, the oldest first; then the others, the newest first. MOST at most."""
    return [_request(row) for row in conn.execute(_SQL["list"], {"limit": MOST})]


def answer_request(conn: Connection, number: int, answer: str, handling: Handling) -> None:
    """It was granted; `answer` is what the person was told. Raises InputError when it is closed or there is none."""
    request = _open(conn, number)
    _close(conn, number, RequestOutcome.ANSWERED, handling, answer=answer)
    note_request(conn, AuditAction.REQUEST_ANSWERED, number, request.reference, handling)


def refuse_request(conn: Connection, number: int, grounds: RefusalGrounds, answer: str, handling: Handling) -> None:
    """It was refused; `answer` is what the person was told. Raises InputError when it is closed or there is none."""
    request = _open(conn, number)
    _close(conn, number, RequestOutcome.REFUSED, handling, grounds=str(grounds), answer=answer)
    detail = {"grounds": str(grounds)}
    note_request(conn, AuditAction.REQUEST_REFUSED, number, request.reference, handling, detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """What was erased, and how many transits had to stay; `paths` are the files of images, still on the shelf.

    `letters`: refused messages that named the plate. `withdrawn`: transits that waited to be forwarded; `recipients`:
    those that are, or may be, with each destination."""

    letters: int
    withdrawn: Mapping[str, int]
    recipients: Mapping[str, int]
    transits: int
    images: int
    alarms: int
    kept: int
    paths: tuple[str, ...]


def erase_for_request(conn: Connection, number: int, handling: Handling, kept: int, gone_by: date) -> Erased:
    """Erase what nothing retains of the plate of this open request for erasure, and close it; `kept` transits stay. The
    files of the images are the caller's to remove, once the transaction is committed.

    `gone_by`: the day (UTC) by which retention takes what no transaction reaches: topics, and outboxes of readers. It
    is recorded with what other centres have.

    Raises InputError when it is closed, is no request for erasure, or there is none.
    """
    request = _open(conn, number)
    if request.kind is not RequestKind.ERASURE:
        raise InputError(f"request {number}: it asks for {request.kind}, not for erasure")
    traces = conn.execute(_SQL["erase_traces"], {"id": number, "at": handling.at}).fetchall()
    rows = conn.execute(_SQL["erase"], {"id": number, "by": handling.by, "at": handling.at}).fetchall()
    rows += [{"what": "image", "path": row["which"]} for row in traces if row["what"] == "image"]
    found = Counter(row["what"] for row in rows)
    letters = sum(row["what"] == "letter" for row in traces)
    withdrawn, recipients = (
        Counter(row["which"] for row in traces if row["what"] == what) for what in ("withdrawn", "recipient")
    )
    counts = {
        "transits": found["transit"],
        "images": found["image"],
        "alarms": found["alarm"],
        "kept transits": kept,
        "dead letters": letters,
        "withdrawn": withdrawn.total(),
    }
    detail = {"counts": counts, "recipients": dict(recipients), "gone_by": gone_by.isoformat()}
    note_request(conn, AuditAction.REQUEST_ERASED, number, request.reference, handling, detail)
    return Erased(
        letters=letters,
        withdrawn=withdrawn,
        recipients=recipients,
        transits=found["transit"],
        images=found["image"],
        alarms=found["alarm"],
        kept=kept,
        paths=tuple([row["path"] for row in rows if row["path"] is not None]),
    )


def note_request(
    conn: Connection,
    action: AuditAction,
    number: int,
    reference: str,
    handling: Handling,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Append to the audit what is done for a request; returns the row's number."""
    event = AuditEvent(
        actor=handling.by,
        action=action,
        at=handling.at,
        case_reference=reference,
        detail={"request": number, **(detail or {})},
    )
    return append(conn, event).seq


def forget_requests(conn: Connection, before: datetime) -> int:
    """Retention: forget those that were closed before this; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _open(conn: Connection, number: int) -> SubjectRequest:
    """Locked, so that of two who close it one is told that it is closed."""
    row = conn.execute(_SQL["lock"], {"id": number}).fetchone()
    if row is None:
        raise InputError(f"request {number}: there is none")
    request = _request(row)
    if request.outcome is not None:
        raise InputError(f"request {number}: it is closed")
    return request


def _close(
    conn: Connection,
    number: int,
    outcome: RequestOutcome,
    handling: Handling,
    *,
    grounds: str | None = None,
    answer: str | None = None,
) -> None:
    values = {"id": number, "outcome": str(outcome), "grounds": grounds, "answer": answer}
    conn.execute(_SQL["close"], {**values, "by": handling.by, "at": handling.at})


def _request(row: dict[str, Any]) -> SubjectRequest:
    return SubjectRequest(
        **{
            **{name: row[name] for name in SubjectRequest.__dataclass_fields__},
            "kind": RequestKind(row["kind"]),
            "outcome": RequestOutcome(row["outcome"]) if row["outcome"] else None,
            "grounds": RefusalGrounds(row["grounds"]) if row["grounds"] else None,
        }
    )
