# SPDX-License-Identifier: AGPL-3.0-or-later
"""Security measures in words, each as it is set: what is off is said to be off."""

from collections.abc import Iterator

from anpr.documents.facts import Measures
from anpr.documents.words import NOT_KNOWN, ROLES

_NO_BROKER = "non c'è: lettore e centro sono sulla stessa macchina"
NOT_OF_CONSOLE = "non noto alla console: nelle sue impostazioni non è indicato"

_BROKER = {
    "PLAINTEXT": "né cifrato né con accesso autenticato (PLAINTEXT)",
    "SSL": "cifrato (SSL)",
    "SASL_PLAINTEXT": "con accesso autenticato, NON cifrato (SASL_PLAINTEXT)",
    "SASL_SSL": "cifrato e con accesso autenticato (SASL_SSL)",
}


def measure_rows(measures: Measures, *, by_console: bool) -> Iterator[tuple[str, str]]:
    """Name and state of each. `by_console`: what is another process's setting is told as the console's file says it."""
    roles = ", ".join(ROLES[role] for role in ROLES if role in measures.second_factor)
    yield "Secondo fattore", f"obbligatorio per: {roles}" if roles else "non è obbligatorio per nessun ruolo"
    yield "Console", _console(measures)
    broker = measures.broker_security
    yield "Broker dei messaggi", _BROKER[broker] if broker else (NOT_OF_CONSOLE if by_console else _NO_BROKER)
    unsigned = "rifiutati" if measures.refuses_unsigned else "accettati e segnati come non firmati"
    keys = NOT_KNOWN if measures.enrolled_keys is None else str(measures.enrolled_keys)
    yield "Firma dei messaggi", f"chiavi di lettori in uso: {keys}; messaggi non firmati: {unsigned}"
    yield "Registro delle operazioni", "solo in aggiunta, con ogni riga legata alla precedente (hash)"
    where = "il file è" if measures.heads_found else "il file non è"
    yield "Impronte firmate del registro", f"ogni {measures.head_every_s:.0f} s; {where} su questa macchina"
    yield "Impronte del registro per posta", _mailed(measures)
    yield "Separazione fra enti", _row_security(measures)
    yield "Parole d'ordine", "conservate solo come impronta (Argon2)"


def _mailed(measures: Measures) -> str:
    if not measures.heads_mailed:
        return "non sono spedite a nessuno fuori dal sistema"
    return f"ogni {measures.heads_mailed_every_h:.0f} ore; destinatari: {measures.heads_mailed}"


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
