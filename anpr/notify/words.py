# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of messages. None of them says that somebody did something: an alarm is something to verify."""

from anpr.domain.watchlist import Priority

KINDS = {
    "stolen": "veicolo segnalato come rubato",
    "judicial": "veicolo di interesse di polizia",
    "uninspected": "veicolo da verificare (revisione o assicurazione)",
    "local": "veicolo in una lista locale",
}
PRIORITIES = {Priority.HIGH: "alta", Priority.MEDIUM: "media", Priority.LOW: "bassa"}
TEST_SUBJECT = "Messaggio di prova: nessun allarme"
TEST_TEXT = (
    "Questo è un messaggio di prova: non c'è nessun allarme.\n"
    "L'ha chiesto {by} per verificare che gli avvisi arrivino a «{name}».\n"
    "Chi non lo aspettava avvisi l'amministratore del sistema."
)
TEST_SHORT = "PROVA: nessun allarme. Messaggio di prova del sistema di lettura targhe."
ESCALATED = "Nessuno ha ancora preso in carico questo allarme."
HANDED_OVER_BY = "{by} ti ha affidato questo allarme."
LINK = "Apri l'allarme (serve l'accesso): {link}"
PROPOSAL_KINDS = {
    "add": "aggiungere una segnalazione a una lista",
    "change": "modificare una segnalazione di una lista",
    "end": "terminare una segnalazione di una lista",
    "remove": "togliere una segnalazione da una lista",
    "import": "importare un file in una lista",
    "undo": "annullare un'importazione in una lista",
    "settings": "cambiare le impostazioni di una lista",
    "delete": "cancellare una lista",
}
"""What is proposed, by its kind in the store."""
PROPOSAL_LINK = "Apri la proposta (serve l'accesso): {link}"
PROPOSAL_URGENT = "Urgente: la segnalazione vale già, fino al {until}."
NO_LINK = "I particolari sono nella console, dopo l'accesso."
