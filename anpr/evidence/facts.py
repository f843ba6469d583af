# SPDX-License-Identifier: AGPL-3.0-or-later
"""Facts of a package of evidence, as frozen values: what its files and its report are made from."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from anpr.domain.hold import Hold
from anpr.domain.investigation import (
    Investigation,
    InvestigationMember,
    InvestigationNote,
    MarkedTransit,
    SavedQuestion,
)
from anpr.domain.transit import ImageRole
from anpr.store.investigations.proof import ChainedRow, StateThen
from anpr.store.transits.rows import StoredTransit


class Missing(StrEnum):
    """Why something is not in the package."""

    EXPIRED = "expired"
    """Its day is past the days to keep, and retention has dropped it."""
    UNSEEN = "unseen"
    """It is not stored any more, or not open to the organisation that asks."""
    NOT_OPEN = "not-open"
    """The organisation may search the gate, and may not view its images."""
    NOT_ARRIVED = "not-arrived"
    """The reader announced the image, and it has not come."""
    LOST = "lost"
    """It came, and its file is gone."""
    ALTERED = "altered"
    """What is stored is not what the reader announced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFact:
    """An image that the reader announced: SHA-256 (64 hex digits) and size (bytes) as it said, and what is here now."""

    role: ImageRole
    edge_sha256: str
    size: int
    file: str = ""
    """In the package; empty where it is missing."""
    copy: str = ""
    """The marked copy's; empty where none could be made."""
    sha256_now: str = ""
    missing: Missing | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TransitFact:
    """A marked transit, and what is known of it."""

    mark: MarkedTransit
    gate_name: str
    stored: StoredTransit | None = None
    missing: Missing | None = None
    states: tuple[StateThen, ...] = ()
    holds: tuple[Hold, ...] = ()
    images: tuple[ImageFact, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Who made the package, when (UTC), why, and with which version of the program."""

    by: str
    at: datetime
    reason: str
    version: str
    municipality: str
    organisation: str
    zone: ZoneInfo = field(compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceFacts:
    """All of it. `has_more_rows`: the audit has older rows of this investigation that are not here."""

    investigation: Investigation
    made: Made
    members: tuple[InvestigationMember, ...]
    notes: tuple[InvestigationNote, ...]
    questions: tuple[SavedQuestion, ...]
    transits: tuple[TransitFact, ...]
    audit: tuple[ChainedRow, ...]
    has_more_rows: bool
    head: str
    """Number and hash of the audit's newest row when it was made: ROWS:HEAD."""

    @property
    def missing(self) -> int:
        """Transits and images that are missing."""
        gone = sum(fact.missing is not None for fact in self.transits)
        return gone + sum(image.missing is not None for fact in self.transits for image in fact.images)
