# SPDX-License-Identifier: AGPL-3.0-or-later
"""Draft of the data protection impact assessment, with the real configuration and the questions left to people."""

from collections.abc import Iterator

from anpr.documents.facts import SiteFacts
from anpr.documents.frame import framed, table_of
from anpr.documents.measures import measure_rows
from anpr.documents.parts import agreements_table, recipients_table, retention_days, retention_table, roles_table
from anpr.documents.register import gate_table, organisation_rows
from anpr.documents.words import NOT_KNOWN, TO_FILL
from anpr.domain.gate import Keep
from anpr.paper.blocks import Banner, Block, Document, Facts, Heading, Paragraph, Signatures, Tone

_PROCESSED = (
    "Di ogni veicolo che passa a un varco: targa letta e letture possibili con la loro probabilità, ora, varco, "
    "telecamera e corsia, senso di marcia, immagine della targa e del veicolo. Nelle immagini può comparire chi è a "
    "bordo o nei pressi. Delle liste: targa, motivo, periodo. Degli utenti: nome, ruolo, ente, operazioni svolte."
)
_HITS = (
    "Varchi che conservano solo i transiti che corrispondono a una lista: {hits} di {all}. Conservare tutti i "
    "passaggi a un varco la cui finalità è il controllo di assicurazione e revisione contrasta con la minimizzazione "
    "(Garante 752/2025). I dati di sicurezza urbana si conservano al massimo 7 giorni (D.L. 11/2009, art. 6, comma "
    "8); oltre le 72 ore serve un motivo più forte (EDPB 3/2019)."
)
_NECESSITY = (
    "Perché ogni varco è necessario, e perché un mezzo meno invasivo non basta?",
    "Perché servono i giorni di conservazione scelti?",
    "Il patto per la sicurezza urbana nomina i luoghi sorvegliati, ed è in vigore?",
)
_RISKS = (
    "Accesso illecito o curiosità di chi ha un accesso: quanto è probabile, quanto è grave, chi controlla il registro "
    "delle operazioni e ogni quanto?",
    "Lettura errata di una targa e fermo di un veicolo sbagliato: come verifica la pattuglia prima di agire?",
    "Lista non aggiornata: chi la aggiorna, e in quanto tempo?",
    "Furto o guasto di un lettore su strada, del centro o delle copie di riserva: che cosa andrebbe perso o letto?",
    "Uso per un'altra finalità o da un altro ente: chi lo autorizza, chi se ne accorge?",
    "Monitoraggio degli spostamenti di chi passa ogni giorno: come è limitato?",
    "Servizi in nuvola o trasferimenti all'estero: ce ne sono? Il servizio è qualificato?",
)


def impact(facts: SiteFacts) -> Document:
    """The draft: facts from the system, questions for people."""
    return framed(facts, "Bozza di valutazione d'impatto sulla protezione dei dati", _blocks(facts))


def _blocks(facts: SiteFacts) -> Iterator[Block]:
    yield Banner(f"Bozza. Ciò che è segnato «{TO_FILL}» lo scrivono le persone.", Tone.OPEN)
    yield Paragraph(
        "D.Lgs. 51/2018, art. 23; regolamento (UE) 2016/679 (GDPR), art. 35. I dati di questa bozza vengono dalla "
        "configurazione in uso. Non è una valutazione finché qualcuno non la completa, la firma e la approva."
    )
    yield from _who(facts)
    yield Heading("2. Che cosa si tratta")
    yield Paragraph(_PROCESSED)
    yield Heading("3. Finalità e base giuridica")
    yield gate_table(facts, list(facts.gates))
    yield Heading("4. Necessità e proporzionalità")
    hits = sum(gate.keep is Keep.HITS for gate in facts.gates)
    yield Paragraph(_HITS.format(hits=hits, all=len(facts.gates)))
    yield _questions(_NECESSITY)
    yield Heading("5. Conservazione")
    yield retention_days(facts)
    yield retention_table(facts) if facts.kept is not None else Paragraph(f"Quanto è conservato ora: {NOT_KNOWN}.")
    yield Heading("6. Chi accede, e a che cosa")
    yield roles_table(facts)
    yield from _recipients(facts)
    yield Heading("8. Misure di sicurezza in uso")
    yield Facts(tuple(measure_rows(facts.measures, by_console=facts.by_console)))
    yield Heading("9. Rischi")
    yield _questions(_RISKS)
    yield from _close()


def _who(facts: SiteFacts) -> Iterator[Block]:
    yield Heading("1. Chi tratta i dati")
    for organisation in facts.organisations:
        yield Facts(tuple(organisation_rows(organisation)))
    named = ("Responsabile della protezione dei dati", "Responsabile del trattamento", "Autorizzati e loro formazione")
    yield Facts(tuple((each, TO_FILL) for each in named))


def _recipients(facts: SiteFacts) -> Iterator[Block]:
    yield Heading("7. Destinatari")
    yield Paragraph("Altri centri che ricevono i transiti; senza un protocollo in vigore non si inoltra nulla.")
    yield recipients_table(facts)
    yield Paragraph("Accordi fra enti dello stesso sistema.")
    yield agreements_table(facts)


def _close() -> Iterator[Block]:
    yield Heading("10. Parere e decisione")
    pending = ("Parere del responsabile della protezione dei dati", "Misure da aggiungere, entro quando", "Decisione")
    yield Facts(tuple((each, TO_FILL) for each in pending))
    yield Signatures((("Il titolare del trattamento", ""), ("Il responsabile della protezione dei dati", "")))


def _questions(questions: tuple[str, ...]) -> Block:
    return table_of(("Domanda", "Risposta"), ((each, TO_FILL) for each in questions), (60, 40))
