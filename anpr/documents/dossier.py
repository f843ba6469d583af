# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dossier for the provincial committee: gates, devices, the centre, roles, flows, retention, agreements."""

from collections.abc import Iterator

from anpr.documents.facts import SiteFacts
from anpr.documents.flows import flows
from anpr.documents.frame import framed, table_of
from anpr.documents.measures import measure_rows
from anpr.documents.parts import agreements_table, recipients_table, retention_days, roles_table
from anpr.documents.register import gate_table, organisation_rows
from anpr.documents.words import CAMERAS, NONE, TO_FILL, place
from anpr.paper.blocks import Block, Document, Facts, Heading, Paragraph, Signatures


def dossier(facts: SiteFacts) -> Document:
    """What the committee is given, made from the configuration in use."""
    return framed(facts, "Fascicolo per il Comitato provinciale per l'ordine e la sicurezza pubblica", _blocks(facts))


def _blocks(facts: SiteFacts) -> Iterator[Block]:
    yield Heading("1. Enti")
    for organisation in facts.organisations:
        yield Facts(tuple(organisation_rows(organisation)))
    yield Heading("2. Varchi")
    yield gate_table(facts, list(facts.gates))
    yield Heading("3. Apparati")
    header = ("Varco", "Coordinate", "Telecamera", "Che cosa fa", "Corsia", "Direzione (gradi)", "Marca e modello")
    yield table_of(header, _devices(facts), (20, 18, 18, 16, 9, 11, 14))
    yield Heading("4. Il centro")
    named = ("Dove si trova", "Chi lo gestisce", "Locali e accesso")
    yield Facts(tuple((each, TO_FILL) for each in named))
    yield Heading("5. Flussi")
    yield flows(facts)
    yield Heading("6. Ruoli")
    yield roles_table(facts)
    yield Heading("7. Conservazione")
    yield retention_days(facts)
    yield Heading("8. Accordi e destinatari")
    yield agreements_table(facts)
    yield recipients_table(facts)
    yield Heading("9. Misure di sicurezza in uso")
    yield Facts(tuple(measure_rows(facts.measures, by_console=facts.by_console)))
    yield Heading("10. Che cosa si chiede al Comitato")
    yield Paragraph(TO_FILL)
    yield Signatures((("Il comandante della polizia locale", ""), ("Per l'ente", "")))


def _devices(facts: SiteFacts) -> Iterator[tuple[str, ...]]:
    for gate in facts.gates:
        for camera in gate.cameras:
            bearing = NONE if camera.bearing_deg is None else str(camera.bearing_deg)
            yield gate.id, place(gate), camera.id, CAMERAS[camera.kind], camera.lane or NONE, bearing, TO_FILL
