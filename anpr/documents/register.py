# SPDX-License-Identifier: AGPL-3.0-or-later
"""Register of gates and lists, by organisation."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from anpr.documents.facts import ListFacts, SiteFacts
from anpr.documents.frame import framed, table_of
from anpr.documents.words import CAMERAS, KINDS, NONE, PRIORITIES, TO_FILL, comparison, day, kept, place
from anpr.domain.gate import Gate
from anpr.domain.local_time import last_local_day
from anpr.domain.organisation import Organisation
from anpr.paper.blocks import Block, Document, Facts, Heading, Paragraph, Table

_GATES = ("Varco", "Luogo (WGS 84)", "Finalità", "Base giuridica e sua fine", "Che cosa si conserva", "Telecamere")
_LISTS = ("Lista", "Finalità", "Base giuridica", "Priorità", "Confronto", "Voci", "Ultimo giorno")

_UNSEEN = (
    "La console non mostra le liste di un ente a chi lavora per un altro: le riporta il registro che l'ente stesso "
    "scrive dalla sua console, o «anpr documents make»."
)


def register(facts: SiteFacts) -> Document:
    """Every gate and list with purpose, basis, end, what is kept, owner and controller."""
    return framed(facts, "Registro dei varchi e delle liste", _blocks(facts))


def _blocks(facts: SiteFacts) -> Iterator[Block]:
    for organisation in facts.organisations:
        yield from _of(facts, organisation)


def _of(facts: SiteFacts, organisation: Organisation) -> Iterator[Block]:
    gates = [gate for gate in facts.gates if gate.organisation == organisation.id]
    lists = [each for each in facts.watchlists if each.owner_id == organisation.id]
    yield Heading(organisation.name or organisation.id)
    yield Facts(tuple(organisation_rows(organisation)))
    yield Heading(f"Varchi: {len(gates)}")
    yield gate_table(facts, gates)
    if organisation.id in facts.lists_unseen:
        yield Heading("Liste")
        yield Paragraph(_UNSEEN)
    else:
        yield Heading(f"Liste: {len(lists)}")
        yield table_of(_LISTS, (_list_row(each, facts.zone) for each in lists), (17, 19, 19, 9, 15, 8, 13))
    if any(facts.is_retired(gate) for gate in gates):
        yield Paragraph(
            "(*) Il varco non è più nelle impostazioni: restano i suoi vecchi transiti, fino alla scadenza."
        )


def organisation_rows(organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Who an organisation is (first, as several may follow one another), its controller and contact."""
    yield "Ente", f"{organisation.name or organisation.id} ({KINDS[organisation.kind]})"
    yield "Titolare del trattamento", organisation.controller or TO_FILL
    yield "Recapito", organisation.contact or TO_FILL


def gate_table(facts: SiteFacts, gates: list[Gate]) -> Table:
    """The gates of one organisation; cameras without their addresses."""
    return table_of(_GATES, (_gate_row(facts, gate) for gate in gates), (18, 14, 19, 21, 18, 18))


def _gate_row(facts: SiteFacts, gate: Gate) -> tuple[str, ...]:
    retired = " (*)" if facts.is_retired(gate) else ""
    names = {each.id: each.name for each in facts.purposes}
    purpose = gate.retention_purpose and f"scopo «{names.get(gate.retention_purpose, gate.retention_purpose)}»: "
    cameras = [
        f"{each.id}: {CAMERAS[each.kind]}{f', corsia {each.lane}' if each.lane else ''}" for each in gate.cameras
    ]
    return (
        f"{gate.name}\n{gate.id}{retired}",
        place(gate),
        gate.purpose or TO_FILL,
        f"{gate.legal_basis or TO_FILL}\nfine: {day(gate.legal_basis_until)}",
        f"{purpose or ''}{kept(gate, facts.days_of(gate))}",
        "\n".join(cameras) or NONE,
    )


def _list_row(each: ListFacts, zone: ZoneInfo) -> tuple[str, ...]:
    watchlist = each.watchlist
    return (
        f"{watchlist.name}\n{watchlist.id}",
        watchlist.purpose,
        watchlist.legal_basis,
        PRIORITIES[watchlist.priority],
        comparison(watchlist),
        str(each.entries),
        day(last_local_day(watchlist.valid_to, zone) if watchlist.valid_to else None),
    )
