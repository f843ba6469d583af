# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words of a conformance report."""

from anpr.forward.conformance.case import ExpectedOutcome
from anpr.forward.conformance.outcome import CaseOutcome, CaseVerdict

VERDICTS = {
    CaseVerdict.PASSED: "come atteso",
    CaseVerdict.FAILED: "DIVERSO",
    CaseVerdict.OPEN: "da giudicare",
    CaseVerdict.NOT_APPLICABLE: "non applicabile",
}
WHOLE = {
    CaseVerdict.PASSED: "Ogni prova è andata come atteso",
    CaseVerdict.FAILED: "Almeno una prova non è andata come atteso",
    CaseVerdict.OPEN: "Nessuna prova è andata diversamente; alcune risposte le può dare solo l'ufficio",
}
EXPECTED = {
    ExpectedOutcome.ACCEPTED: "inviato e accettato",
    ExpectedOutcome.REFUSED_HERE: "rifiutato dal profilo, nulla è inviato",
    ExpectedOutcome.REJECTED_THERE: "inviato, e respinto dal centro",
    ExpectedOutcome.NOTHING: "nessun file",
    ExpectedOutcome.DISTRUSTED: "rifiutato da chi invia, con un solo motivo",
    ExpectedOutcome.NOT_APPLICABLE: "–",
}
STAGES = {
    "example": "esempio del programma: nessun ufficio lo ha visto",
    "site-supplied": "fornito dall'ufficio, non ancora provato",
    "tested": "provato",
    "accepted": "accettato",
}


def got(outcome: CaseOutcome) -> str:
    """What came of the case, in one or two lines."""
    return "\n".join(_got(outcome)) or "–"


def _got(outcome: CaseOutcome) -> list[str]:
    if outcome.case.expected is ExpectedOutcome.NOT_APPLICABLE:
        return []
    lines = [f"errore: {outcome.failure}"] if outcome.failure else []
    by = "" if outcome.case.expected is ExpectedOutcome.DISTRUSTED else " dal profilo"
    lines += [f"rifiutato{by}: {number}, {reason}" for reason, number in outcome.refused.most_common(3)]
    parts = {
        "accettati": outcome.accepted,
        "respinti": outcome.rejected,
        "da inviare ancora": outcome.again,
        "senza risposta": outcome.silent,
    }
    told = ", ".join(f"{word} {number}" for word, number in parts.items() if number)
    if outcome.written:
        lines.append(f"scritti {outcome.written}" + (f": {told}" if told else ""))
    if outcome.answers:
        lines.append("risposte: " + ", ".join(dict.fromkeys(outcome.answers)))
    return lines or ["nessun file"]
