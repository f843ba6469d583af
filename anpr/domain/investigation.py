# SPDX-License-Identifier: AGPL-3.0-or-later
"""Investigation: for which case somebody works, with whom, and what they gathered for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

MAX_REFERENCE, MAX_TITLE, MAX_AUTHORITY = 100, 200, 200
MAX_MARK_NOTE, MAX_NOTE, MAX_QUESTION = 500, 2000, 200
MOST_MARKED = 500
"""Transits of one investigation: a person has looked at each, and all of them fit one package of evidence."""
MOST_NOTES, MOST_QUESTIONS, MOST_MEMBERS = 500, 200, 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Investigation:
    """One case that somebody works on. Times are UTC; `ended_at` is None while it goes on."""

    id: int
    organisation_id: str
    reference: str
    """The number of the proceeding: what searches and holds call the case."""
    title: str
    authority: str
    """For whom: the prosecutor's office, the court. Empty: not said."""
    author: str
    opened_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvestigationMember:
    """Who works on it and sees it."""

    name: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedTransit:
    """A transit that matters to it, named by its id: when it was captured, where, and who marked it, when and why.

    It keeps neither plate nor image: once retention has dropped the transit, this is all that is known.
    """

    transit_id: UUID
    captured_at: datetime
    gate_id: str
    marked_at: datetime
    marked_by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvestigationNote:
    """What somebody wrote down; it is never changed."""

    id: int
    at: datetime
    author: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedQuestion:
    """A search to ask again: how people call it, and the query as JSON."""

    id: int
    saved_at: datetime
    author: str
    text: str
    query: Mapping[str, Any]
