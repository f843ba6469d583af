# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is about to end, on one page: what presses, and what has no end at all."""

from collections.abc import Iterator

from anpr.documents.ends import End, ends_of
from anpr.documents.facts import SiteFacts
from anpr.documents.frame import framed, table_of
from anpr.documents.words import ENDS, NONE, day, days, days_left
from anpr.domain.last_day import WARNED_BEFORE
from anpr.paper.blocks import Banner, Block, Document, Heading, Paragraph, Tone
from anpr.store.watchlists.entry_pages import WARNED_DAYS


def ending(facts: SiteFacts) -> Document:
    """Gates, agreements, protocols, certificates and users, with the days that are left."""
    return framed(facts, "Scadenze", _blocks(facts))


def _blocks(facts: SiteFacts) -> Iterator[Block]:
    ends = ends_of(facts)
    pressing = [end for end in ends if end.presses]
    soon = days(WARNED_BEFORE.days)
    if pressing:
        yield Banner(f"Da guardare ora: {len(pressing)}", Tone.BAD)
        yield _table(pressing)
    else:
        yield Banner(f"Nulla è scaduto, nulla scade entro {soon}.", Tone.GOOD)
    later = [end for end in ends if not end.presses]
    yield Heading(f"Scadono più tardi: {len(later)}")
    yield Paragraph(_next(later))
    if facts.entries:
        yield Heading(f"Liste con segnalazioni che terminano entro {days(WARNED_DAYS)}: {len(facts.entries)}")
        rows = (
            (each.name, facts.names.get(each.organisation_id, NONE), str(each.number), day(each.first))
            for each in facts.entries
        )
        yield table_of(("Lista", "Ente", "Segnalazioni", "La prima"), rows, (44, 26, 15, 15))
    endless = [gate for gate in facts.gates if gate.legal_basis_until is None and not facts.is_retired(gate)]
    yield Heading(f"Varchi senza fine della base giuridica: {len(endless)}")
    yield Paragraph(", ".join(gate.id for gate in endless) or NONE)


def _table(ends: list[End]) -> Block:
    rows = ((ENDS[end.kind], end.name, end.owner or NONE, day(end.last_day), days_left(end.days_left)) for end in ends)
    return table_of(("Che cosa", "Quale", "Ente", "Ultimo giorno", "Mancano"), rows, (18, 38, 20, 12, 12))


def _next(later: list[End]) -> str:
    if not later:
        return NONE
    first = later[0]
    return f"Il primo: {ENDS[first.kind]} {first.name}, {day(first.last_day)} ({days_left(first.days_left)})."
