# SPDX-License-Identifier: AGPL-3.0-or-later
"""Life of an investigation: opened, described, ended, opened again, forgotten; and who works on it.

The console's role sees those of which the person it acts for is a member (row-level security); others see all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.access import Permission, may
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError
from anpr.domain.investigation import (
    MAX_AUTHORITY,
    MAX_TITLE,
    MOST_MEMBERS,
    Investigation,
    InvestigationMember,
)
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.users.accounts import get_user

MOST_LISTED = 500
"""Investigations of a list, those that go on first."""
_SQL = load_queries("investigations")


class InvestigationEndedError(InputError):
    """It has ended: nothing is searched, marked, noted or saved for it any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatheredCounts:
    """What an investigation holds, in numbers."""

    marked: int
    members: int


def open_investigation(conn: Connection, reference: str, title: str, authority: str, by: Author) -> Investigation:
    """A new one, whose first member is its author. Raises InputError for a reference that is not one or is taken."""
    plain = check_case(reference)
    _check(title, authority)
    values = {"reference": plain, "title": title.strip(), "authority": authority.strip(), "author": by.name}
    number = one_row(conn, _SQL["open"], {**values, "at": by.at})["id"]
    if number is None:
        raise InputError(f"investigation {plain}: there is one of this reference")
    made = get_investigation(conn, number)
    tell(conn, AuditAction.INVESTIGATION_OPENED, made, by)
    return made


def get_investigation(conn: Connection, number: int) -> Investigation:
    """Raises InputError when there is none, or whoever asks is no member."""
    return _one(conn, "get", number)


def find_by_reference(conn: Connection, reference: str) -> Investigation | None:
    """The one of this reference, however it is capitalised; None when there is none that one may see. Raises InputError
    where several organisations have one, and who asks is of none of them."""
    rows = conn.execute(_SQL["by_reference"], {"reference": " ".join(reference.split())}).fetchall()
    if len(rows) > 1:
        numbers = ", ".join(f"#{row['id']} of {row['organisation_id']}" for row in rows)
        raise InputError(f"investigation {reference}: there are several, {numbers}")
    return Investigation(**rows[0]) if rows else None


def list_open(conn: Connection) -> list[Investigation]:
    """Those that go on, the newest first."""
    return _list(conn, ended=False)


def list_investigations(conn: Connection) -> list[Investigation]:
    """Those that go on, then those that have ended, the newest first."""
    return _list(conn, ended=True)


def counts_of(conn: Connection, numbers: list[int]) -> dict[int, GatheredCounts]:
    """What each of them holds, by its number; one statement."""
    rows = conn.execute(_SQL["counts"], {"ids": numbers})
    return {row["id"]: GatheredCounts(marked=row["marked"], members=row["members"]) for row in rows}


def refuse_ended(conn: Connection, reference: str) -> None:
    """For searches: raises InvestigationEndedError when the investigation of this reference has ended, also for whoever
    is no member. A reference of no investigation passes."""
    if one_row(conn, _SQL["is_ended"], {"reference": " ".join(reference.split())})["is_ended"]:
        raise InvestigationEndedError(f"investigation {reference}: it has ended; open it again to search for it")


def going_on(conn: Connection, number: int) -> Investigation:
    """Locked, so that it does not end meanwhile. Raises InputError, InvestigationEndedError."""
    found = _one(conn, "lock", number)
    if found.ended_at is not None:
        raise InvestigationEndedError(f"investigation {found.reference}: it has ended")
    return found


def describe_investigation(conn: Connection, number: int, title: str, authority: str, by: Author) -> None:
    """Another title or authority. Raises InputError."""
    found = going_on(conn, number)
    _check(title, authority)
    values = {"id": number, "title": title.strip(), "authority": authority.strip()}
    conn.execute(_SQL["describe"], values)
    tell(conn, AuditAction.INVESTIGATION_CHANGED, found, by)


def end_investigation(conn: Connection, number: int, by: Author, reason: str) -> None:
    """Nothing is done for it any more. Raises InputError, InvestigationEndedError."""
    found = going_on(conn, number)
    conn.execute(_SQL["end"], {"id": number, "at": by.at, "by": by.name})
    tell(conn, AuditAction.INVESTIGATION_ENDED, found, by, reason=reason)


def reopen_investigation(conn: Connection, number: int, by: Author, reason: str) -> None:
    """It goes on. Raises InputError when there is none, or it has not ended."""
    found = _one(conn, "lock", number)
    if found.ended_at is None:
        raise InputError(f"investigation {found.reference}: it has not ended")
    conn.execute(_SQL["end"], {"id": number, "at": None, "by": None})
    tell(conn, AuditAction.INVESTIGATION_REOPENED, found, by, reason=reason)


def members_of(conn: Connection, number: int) -> list[InvestigationMember]:
    """Who works on it, the first one first."""
    return [InvestigationMember(**row) for row in conn.execute(_SQL["members"], {"id": number})]


def add_member(conn: Connection, number: int, name: str, by: Author) -> None:
    """Somebody of the same organisation who may search. Raises InputError for anybody else."""
    found = going_on(conn, number)
    user = get_user(conn, name)
    if user is None or user.organisation_id != found.organisation_id or user.is_shut_out(by.at):
        raise InputError(f"member {name}: no such user of this organisation")
    if not may(user.role, Permission.INVESTIGATE):
        raise InputError(f"member {name}: the role {user.role} works on no investigation")
    if len(members_of(conn, number)) >= MOST_MEMBERS:
        raise InputError(f"members: at most {MOST_MEMBERS}")
    added = conn.execute(_SQL["add_member"], {"id": number, "name": name, "at": by.at, "by": by.name}).rowcount
    if added:
        tell(conn, AuditAction.INVESTIGATION_MEMBER_ADDED, found, by, user=name)


def remove_member(conn: Connection, number: int, name: str, by: Author) -> None:
    """They see it no more. Raises InputError for the last one: somebody has to."""
    found = going_on(conn, number)
    names = [member.name for member in members_of(conn, number)]
    if names == [name]:
        raise InputError(f"member {name}: the last one stays")
    if name in names:
        # In the audit first: whoever leaves sees nothing of it a moment later.
        tell(conn, AuditAction.INVESTIGATION_MEMBER_REMOVED, found, by, user=name)
        conn.execute(_SQL["remove_member"], {"id": number, "name": name})


def forget_investigations(conn: Connection, before: datetime) -> int:
    """Retention: forget those that ended before this (UTC), with all that is theirs; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def tell(
    conn: Connection, action: AuditAction, of: Investigation, by: Author, *, reason: str | None = None, **detail: Any
) -> int:
    """What was done for it, in the audit under its reference; returns the row's number."""
    told = {"investigation": of.id, **detail}
    event = AuditEvent(actor=by.name, action=action, at=by.at, reason=reason, case_reference=of.reference, detail=told)
    return append(conn, event).seq


def _check(title: str, authority: str) -> None:
    for name, text, most in (("title", title.strip(), MAX_TITLE), ("authority", authority.strip(), MAX_AUTHORITY)):
        if len(text) > most or (text and not text.isprintable()):
            raise InputError(f"{name}: at most {most} characters on one line")
    if not title.strip():
        raise InputError("title: one is required")


def _one(conn: Connection, query: str, number: int) -> Investigation:
    row = conn.execute(_SQL[query], {"id": number}).fetchone()
    if row is None:
        raise InputError(f"investigation {number}: there is none, or you are no member of it")
    return Investigation(**row)


def _list(conn: Connection, *, ended: bool) -> list[Investigation]:
    return [Investigation(**row) for row in conn.execute(_SQL["list"], {"ended": ended, "limit": MOST_LISTED})]
