# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collection of what a package holds, with the rights of whoever asks: transits, images, health, holds, audit.

Images are handed on one by one and held by nobody: five hundred transits have a gigabyte of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from anpr.contract.parsing import sha256_of
from anpr.domain.errors import ImageAlteredError, InputError
from anpr.domain.investigation import MarkedTransit
from anpr.domain.organisation import Action
from anpr.domain.transit import ImageRef, ImageRole
from anpr.evidence.facts import EvidenceFacts, ImageFact, Made, Missing, TransitFact
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.audit import last_head
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import utc_day
from anpr.store.gates import gate_names
from anpr.store.holds import holds_of
from anpr.store.images.image_store import ImageStore, stored_roles
from anpr.store.investigations.gathered import list_marked, list_notes, list_questions
from anpr.store.investigations.life import get_investigation, members_of
from anpr.store.investigations.proof import MOST_ROWS, rows_of_investigation, states_at
from anpr.store.organisations.rights import may_at_gate
from anpr.store.retention import cutoffs
from anpr.store.transits.rows import StoredTransit, get_transit


@dataclass(frozen=True, kw_only=True, slots=True)
class Collector:
    """Reads for one package. `database` acts for whoever asks."""

    database: Database
    images: ImageStore
    settings: Settings
    clock: Clock

    def marked(self, number: int) -> list[MarkedTransit]:
        """Raises InputError when there is no such investigation, or nothing is marked."""
        with self.database.transaction() as conn:
            reference = get_investigation(conn, number).reference
            marks = list_marked(conn, number)
        if not marks:
            raise InputError(f"investigation {reference}: no transit is marked")
        return marks

    def transit(self, mark: MarkedTransit) -> TransitFact:
        """What is known of a marked transit, images still as announced."""
        with self.database.transaction() as conn:
            name = gate_names(conn).get(mark.gate_id, mark.gate_id)
            stored = get_transit(conn, mark.transit_id)
            if stored is None:
                return TransitFact(mark=mark, gate_name=name, missing=self._why(mark))
            return TransitFact(
                mark=mark,
                gate_name=name,
                stored=stored,
                states=tuple(states_at(conn, stored.transit)),
                holds=tuple(holds_of(conn, stored.transit)),
            )

    def pictures(self, stored: StoredTransit) -> Iterator[tuple[ImageFact, bytes | None]]:
        """Each image that the reader announced, with its bytes; None where it is missing, and why."""
        transit = stored.transit
        with self.database.transaction() as conn:
            is_open = may_at_gate(conn, Action.PICTURES, transit.gate_id)
            noted = stored_roles(conn, transit)
        for ref in transit.images:
            yield self._picture(stored, ref, noted) if is_open else (_missing(ref, Missing.NOT_OPEN), None)

    def whole(self, number: int, made: Made, transits: tuple[TransitFact, ...]) -> EvidenceFacts:
        """The rest, at the end: what was done meanwhile is in it."""
        with self.database.transaction() as conn:
            investigation = get_investigation(conn, number)
            rows = rows_of_investigation(conn, investigation)
            return EvidenceFacts(
                investigation=investigation,
                made=made,
                members=tuple(members_of(conn, number)),
                notes=tuple(list_notes(conn, number)),
                questions=tuple(list_questions(conn, number)),
                transits=transits,
                audit=tuple(rows[-MOST_ROWS:]),
                has_more_rows=len(rows) > MOST_ROWS,
                head=_head(conn),
            )

    def _picture(self, stored: StoredTransit, ref: ImageRef, noted: set[ImageRole]) -> tuple[ImageFact, bytes | None]:
        try:
            data = self.images.find(stored.transit, ref.role)
        except ImageAlteredError:
            return _missing(ref, Missing.ALTERED), None
        if data is None:
            return _missing(ref, Missing.LOST if ref.role in noted else Missing.NOT_ARRIVED), None
        return ImageFact(role=ref.role, edge_sha256=ref.sha256, size=len(data), sha256_now=sha256_of(data)), data

    def _why(self, mark: MarkedTransit) -> Missing:
        first_kept = cutoffs(self.settings.retention, self.clock.now()).newest
        return Missing.EXPIRED if utc_day(mark.captured_at) < first_kept else Missing.UNSEEN


def _missing(ref: ImageRef, why: Missing) -> ImageFact:
    return ImageFact(role=ref.role, edge_sha256=ref.sha256, size=ref.size, missing=why)


def _head(conn: Connection) -> str:
    head = last_head(conn)
    return str(head) if head else ""
