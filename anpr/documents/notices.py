# SPDX-License-Identifier: AGPL-3.0-or-later
"""Short notice of each gate, as a sign shows it."""

from collections.abc import Iterator

from anpr.documents.facts import SiteFacts
from anpr.documents.frame import framed
from anpr.documents.words import TO_FILL, day, kept
from anpr.domain.gate import Gate
from anpr.domain.organisation import Organisation
from anpr.paper.blocks import Banner, Block, Document, Facts, PageBreak, Paragraph, Tone

_RIGHTS = (
    "Puoi chiedere al titolare l'accesso ai tuoi dati, la rettifica, la cancellazione e la limitazione, e puoi "
    "proporre reclamo al Garante per la protezione dei dati personali."
)


def notices(facts: SiteFacts) -> Document:
    """A page for each gate in use."""
    return framed(facts, "Informative brevi dei varchi", _blocks(facts))


def _blocks(facts: SiteFacts) -> Iterator[Block]:
    owners = {each.id: each for each in facts.organisations}
    gates = [gate for gate in facts.gates if not facts.is_retired(gate)]
    yield Paragraph(
        "Un testo per varco, uno per pagina (D.Lgs. 51/2018, art. 10; GDPR, art. 13). Prima di esporlo: controlla il "
        "titolare, e che l'indirizzo dell'informativa completa esista davvero."
    )
    if not gates:
        yield Paragraph("Nessun varco.")
    for gate in gates:
        yield PageBreak()
        yield from _notice(facts, gate, owners[gate.organisation or ""])


def _notice(facts: SiteFacts, gate: Gate, owner: Organisation) -> Iterator[Block]:
    yield Banner("Varco con lettura delle targhe", Tone.OPEN)
    yield Facts(
        (
            ("Varco", gate.name),
            ("Titolare del trattamento", owner.controller or TO_FILL),
            ("Finalità", gate.purpose or TO_FILL),
            ("Base giuridica", f"{gate.legal_basis or TO_FILL}\nfine: {day(gate.legal_basis_until)}"),
            ("Conservazione", kept(gate, facts.days_of(gate))),
            ("Contatti", owner.contact or TO_FILL),
            ("Responsabile della protezione dei dati", TO_FILL),
            ("I tuoi diritti", _RIGHTS),
            ("Informativa completa", f"{TO_FILL}: indirizzo"),
        )
    )
