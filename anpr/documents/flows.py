# SPDX-License-Identifier: AGPL-3.0-or-later
"""Diagram of how data flow in the site as it is set."""

from anpr.documents.facts import SiteFacts
from anpr.paper.blocks import Arrow, Box, Diagram

_HEIGHT = 74.0


def flows(facts: SiteFacts) -> Diagram:
    """Cameras, reader, centre, console, recipients; the broker or its absence is named on its arrow."""
    cameras = sum(len(gate.cameras) for gate in facts.gates)
    broker = facts.measures.broker_security
    way = f"Kafka, {broker}" if broker else "via non nota" if facts.by_console else "stessa macchina"
    boxes = (
        Box(2, 8, 44, 18, ("Varchi", f"varchi: {len(facts.gates)}", f"telecamere: {cameras}")),
        Box(68, 8, 44, 18, ("Lettori", "leggono le targhe", "tengono finché consegnato")),
        Box(134, 8, 44, 18, ("Centro", "banca dati, liste, allarmi", f"transiti: {_kept(facts)} giorni")),
        Box(68, 48, 44, 18, ("Sala operativa", f"console: {_console(facts)}", "ogni ricerca è registrata")),
        Box(134, 48, 44, 18, ("Altri centri", f"destinatari: {len(facts.recipients)}", "solo con un protocollo")),
    )
    arrows = (
        Arrow((46, 17), (68, 17), "video"),
        Arrow((112, 17), (134, 17), way),
        Arrow((140, 26), (112, 48), "allarmi"),
        Arrow((156, 26), (156, 48), "inoltro"),
    )
    caption = (
        f"Flussi: il video va dai varchi ai lettori; i transiti vanno dai lettori al centro ({way}); il centro mostra "
        "allarmi e ricerche alla sala operativa e inoltra ad altri centri ciò che un protocollo consente."
    )
    return Diagram(_HEIGHT, boxes, arrows, caption)


def _kept(facts: SiteFacts) -> str:
    found = {facts.days.transits, *(each.days for each in facts.purposes)}
    return str(min(found)) if len(found) == 1 else f"da {min(found)} a {max(found)}"


def _console(facts: SiteFacts) -> str:
    if facts.measures.console_tls:
        return "HTTPS"
    return "proxy" if facts.measures.console_proxy else "senza HTTPS"
