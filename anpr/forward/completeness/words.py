# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of a completeness report."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from anpr.domain.completeness import Shortfall, Verdict
from anpr.domain.errors import PoisonReason

VERDICTS = {
    Verdict.BALANCED: "Quadra: ogni transito è contato",
    Verdict.OPEN: "Aperto: qualcosa può ancora arrivare o essere inviato",
    Verdict.UNBALANCED: "Non quadra: mancano transiti, o le somme non coincidono",
}
SHORTFALLS = {
    Shortfall.LOST: "transiti perduti (numeri mai arrivati da oltre 24 ore)",
    Shortfall.CAME_UNBALANCED: "differenza tra i transiti arrivati e quelli conservati, scartati o rifiutati",
    Shortfall.SENT_UNBALANCED: "differenza tra i transiti conservati e il registro degli inoltri",
    Shortfall.WITHHELD: "transiti usciti dall'archivio prima di essere messi in coda",
    Shortfall.EXPIRED: "transiti scaduti prima dell'invio",
    Shortfall.REJECTED: "transiti respinti",
    Shortfall.REFUSED: "messaggi rifiutati all'arrivo",
    Shortfall.MISSING: "numeri non ancora arrivati",
    Shortfall.WAITING: "transiti ancora da inviare",
    Shortfall.UNANSWERED: "transiti inviati e senza risposta da oltre 24 ore",
    Shortfall.NO_RUN: "destinazioni senza un inoltro riuscito",
    Shortfall.BLIND: "intervalli in cui una telecamera o un lettore non vedeva",
}
STATES = {
    "queued": "in coda",
    "sent": "inviati",
    "accepted": "accettati",
    "rejected": "respinti",
    "expired": "scaduti",
}
WITHHELD = {"dropped": "cancellati a fine conservazione, mai in coda", "erased": "cancellati su richiesta, mai in coda"}
CAME = {
    "stored": "conservati",
    "discarded": "scartati",
    "refused": "rifiutati",
    "numbered": "con numero",
    "unnumbered": "senza numero",
    "recovered": "recuperati",
    "duplicates": "doppioni",
    "late": "in ritardo",
    "difference": "differenza",
}
STAGES = {
    "example": "esempio del programma: nessun ufficio lo ha visto",
    "site-supplied": "fornito dall'ufficio, non ancora provato",
    "tested": "provato con l'ufficio",
    "accepted": "accettato dall'ufficio",
}
REFUSED_FOR = {
    "stage": "NON SI INVIA NULLA: l'ufficio non ha ancora provato il profilo",
    "agreement": "NON SI INVIA NULLA: manca un protocollo d'intesa valido",
}
COLUMNS = {
    **CAME,
    "stored": "conser-\nvati",
    "recovered": "recupe-\nrati",
    "difference": "diffe-\nrenza",
    "duplicates": "dop-\npioni",
}
"""Heads of columns of figures, in print."""
REFUSALS = {
    PoisonReason.NOT_JSON: "messaggio illeggibile",
    PoisonReason.TOO_LARGE: "messaggio troppo grande",
    PoisonReason.UNKNOWN_VERSION: "lettore più nuovo del centro",
    PoisonReason.WRONG_SHAPE: "contenuto non conforme",
    PoisonReason.WRONG_DIGEST: "immagine diversa da quella annunciata",
    PoisonReason.UNKNOWN_TOPIC: "canale sconosciuto",
    PoisonReason.WRONG_TIME: "orologio avanti",
    PoisonReason.TOO_OLD: "transito oltre il periodo di conservazione",
    PoisonReason.CONFLICT: "identificativo già usato per un altro transito",
    PoisonReason.NOT_STORABLE: "rifiutato dalla banca dati",
    PoisonReason.WRONG_SIGNATURE: "firma non valida per questo lettore",
    PoisonReason.UNSIGNED: "firma mancante",
}
"""As the status page tells them; a test holds them against it."""
SEEN_BY = {"camera": "telecamera", "reader": "lettore", "clock": "orologio del lettore"}
NONE = "–"


def stage_facts(stage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text of what is known of a destination's profile, its stage as figures have it, and of what is not
    sent, or sent all the same."""
    known = (stage["office"], _day(stage["stage_date"]), stage["document"])
    told = ", ".join(part for part in known if part)
    yield "profilo", stage["profile"]
    yield "stadio", STAGES[stage["stage"]] + (f" ({told})" if told else "")
    if stage["refused_for"]:
        yield "invio", REFUSED_FOR[stage["refused_for"]]
    if stage["despite_reason"]:
        yield "inviato nonostante lo stadio", f"{stage['despite_reason']} (fino al {_day(stage['despite_until'])})"


def _day(text: str | None) -> str:
    return date.fromisoformat(text).strftime("%d/%m/%Y") if text else ""
