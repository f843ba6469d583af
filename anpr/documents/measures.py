# SPDX-License-Identifier: AGPL-3.0-or-later
"""Security measures in words, each as it is set: what is off is said to be off."""

from collections.abc import Iterator

from anpr.documents.facts import Measures
from anpr.documents.words import ROLES

_BROKER = {
    "PLAINTEXT": "né cifrato né con accesso autenticato (PLAINTEXT)",
    "SSL": "cifrato (SSL)",
    "SASL_PLAINTEXT": "con accesso autenticato, NON cifrato (SASL_PLAINTEXT)",
    "SASL_SSL": "cifrato e con accesso autenticato (SASL_SSL)",
}


def measure_rows(measures: Measures) -> Iterator[tuple[str, str]]:
    """Name and state of each."""
    roles = ", ".join(ROLES[role] for role in ROLES if role in measures.second_factor)
    yield "Secondo fattore", f"obbligatorio per: {roles}" if roles else "non è obbligatorio per nessun ruolo"
    yield "Console", _console(measures)
    broker = measures.broker_security
    yield "Broker dei messaggi", _BROKER[broker] if broker else "non c'è: lettore e centro sono sulla stessa macchina"
    unsigned = "rifiutati" if measures.refuses_unsigned else "accettati e segnati come non firmati"
    yield "Firma dei messaggi", f"chiavi di lettori in uso: {measures.enrolled_keys}; messaggi non firmati: {unsigned}"
    yield "Registro delle operazioni", "solo in aggiunta, con ogni riga legata alla precedente (hash)"
    where = "presente" if measures.heads_found else "non trovato"
    yield "Impronte firmate del registro", f"ogni {measures.head_every_s:.0f} s; il file è {where} su questa macchina"
    yield "Separazione fra enti", _row_security(measures)
    yield "Parole d'ordine", "conservate solo come impronta (Argon2)"


def _console(measures: Measures) -> str:
    if measures.console_tls:
        return "HTTPS con un certificato proprio"
    if measures.console_proxy:
        return "dietro un proxy fidato; HTTPS è compito del proxy"
    return (
        "SENZA HTTPS, raggiungibile in rete" if measures.console_on_network else "solo da questa macchina, senza HTTPS"
    )


def _row_security(measures: Measures) -> str:
    protected = measures.tables_to_protect - len(measures.unprotected)
    text = f"regole per riga (row-level security) su {protected} tabelle di {measures.tables_to_protect}"
    return f"{text}; SENZA regole: {', '.join(measures.unprotected)}" if measures.unprotected else text
