# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is gathered for an investigation: marked transits, notes and questions, each with its author and in the audit.

Marking keeps nothing past its day: that a hold does (`anpr/store/holds.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.domain.investigation import (
    MAX_MARK_NOTE,
    MAX_NOTE,
    MAX_QUESTION,
    MOST_MARKED,
    MOST_NOTES,
    MOST_QUESTIONS,
    InvestigationNote,
    MarkedTransit,
    SavedQuestion,
)
from anpr.domain.transit import Transit
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries
from anpr.store.investigations.life import going_on, tell

_SQL = load_queries("investigations")
_COUNT = {"marked": "count_marked", "notes": "count_notes", "questions": "count_questions"}


def mark_transits(conn: Connection, number: int, transits: Sequence[Transit], by: Author, note: str = "") -> int:
    """Mark those that are not marked yet; returns how many. Pass transits that `by` was allowed to read.

    Raises InputError beyond MOST_MARKED or for a long note, InvestigationEndedError.
    """
    found = going_on(conn, number)
    plain = _plain("note", note, MAX_MARK_NOTE)
    values: dict[str, Any] = {
        "ids": [each.id for each in transits],
        "moments": [each.captured_at for each in transits],
        "gates": [each.gate_id for each in transits],
    }
    rows = conn.execute(_SQL["mark"], {**values, "id": number, "at": by.at, "by": by.name, "note": plain})
    marked = sorted(str(row["transit_id"]) for row in rows)
    if marked:
        _refuse_more(conn, "marked", number, MOST_MARKED)
        tell(conn, AuditAction.TRANSITS_MARKED, found, by, transits=marked)
    return len(marked)


def unmark(conn: Connection, number: int, transits: Iterable[UUID], by: Author) -> int:
    """They matter no more; returns how many were marked. Raises InputError, InvestigationEndedError."""
    found = going_on(conn, number)
    rows = conn.execute(_SQL["unmark"], {"id": number, "ids": list(transits)})
    gone = sorted(str(row["transit_id"]) for row in rows)
    if gone:
        tell(conn, AuditAction.TRANSITS_UNMARKED, found, by, transits=gone)
    return len(gone)


def list_marked(conn: Connection, number: int) -> list[MarkedTransit]:
    """In the order in which they were captured; also those that retention has dropped since."""
    return [MarkedTransit(**row) for row in conn.execute(_SQL["marked"], {"id": number})]


def marked_among(conn: Connection, number: int, transits: Iterable[UUID]) -> set[UUID]:
    """Which of these are marked."""
    rows = conn.execute(_SQL["marked_among"], {"id": number, "ids": list(transits)})
    return {row["transit_id"] for row in rows}


def add_note(conn: Connection, number: int, text: str, by: Author) -> InvestigationNote:
    """Raises InputError for no words or too many, InvestigationEndedError."""
    found = going_on(conn, number)
    plain = _plain("note", text, MAX_NOTE, required=True)
    values = {"id": number, "at": by.at, "by": by.name, "text": plain}
    made = InvestigationNote(**one_row(conn, _SQL["note"], values))
    _refuse_more(conn, "notes", number, MOST_NOTES)
    tell(conn, AuditAction.INVESTIGATION_NOTED, found, by, note=made.id)
    return made


def list_notes(conn: Connection, number: int) -> list[InvestigationNote]:
    """The newest first."""
    return [InvestigationNote(**row) for row in conn.execute(_SQL["notes"], {"id": number})]


def save_question(conn: Connection, number: int, text: str, query: Mapping[str, Any], by: Author) -> SavedQuestion:
    """A search to ask again; `query` is JSON. Raises InputError for no words or too many, InvestigationEndedError."""
    found = going_on(conn, number)
    plain = _plain("question", text, MAX_QUESTION, required=True)
    values = {"id": number, "at": by.at, "by": by.name, "text": plain, "query": Jsonb(dict(query))}
    made = SavedQuestion(**one_row(conn, _SQL["save_question"], values))
    _refuse_more(conn, "questions", number, MOST_QUESTIONS)
    tell(conn, AuditAction.QUESTION_SAVED, found, by, question=made.id)
    return made


def list_questions(conn: Connection, number: int) -> list[SavedQuestion]:
    """The newest first."""
    return [SavedQuestion(**row) for row in conn.execute(_SQL["questions"], {"id": number})]


def get_question(conn: Connection, number: int, question: int) -> SavedQuestion | None:
    """None when there is none of this number in this investigation."""
    row = conn.execute(_SQL["question"], {"id": number, "question": question}).fetchone()
    return SavedQuestion(**row) if row else None


def remove_question(conn: Connection, number: int, question: int, by: Author) -> None:
    """It is not asked again. Raises InputError, InvestigationEndedError."""
    found = going_on(conn, number)
    if conn.execute(_SQL["remove_question"], {"id": number, "question": question}).fetchone() is not None:
        tell(conn, AuditAction.QUESTION_REMOVED, found, by, question=question)


def _plain(name: str, text: str, most: int, *, required: bool = False) -> str:
    plain = text.strip()
    if "\0" in plain or len(plain) > most:
        raise InputError(f"{name}: at most {most} characters")
    if required and not plain:
        raise InputError(f"{name}: empty")
    return plain


def _refuse_more(conn: Connection, what: str, number: int, most: int) -> None:
    """Counted after the row is in, so that two at once do not both slip below."""
    if count_of(conn, _SQL[_COUNT[what]], {"id": number}) > most:
        raise InputError(f"{what}: at most {most} of one investigation")
