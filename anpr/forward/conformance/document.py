# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance report as a printed document, in Italian; its plates are invented."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from anpr.forward.conformance.outcome import CaseOutcome, CaseVerdict, verdict_of
from anpr.forward.conformance.sample import sample_of
from anpr.forward.conformance.words import EXPECTED, STAGES, VERDICTS, WHOLE, got
from anpr.forward.profile.model import Profile
from anpr.paper.blocks import Banner, Block, Document, Facts, Heading, PageBreak, Paragraph, Signatures, Table, Tone

_TONES = {CaseVerdict.PASSED: Tone.GOOD, CaseVerdict.OPEN: Tone.OPEN, CaseVerdict.FAILED: Tone.BAD}
_EMPTY_BOX = "\n\n"
MOST_LONG = 300
"""Characters of what a destination said, in a cell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConformanceHead:
    """What stands on every report. Moments are in UTC; `profile_digest` is the SHA-256 of the profile's file."""

    municipality: str
    destination: str
    address: str
    protocol: str
    reason: str
    actor: str
    begun_at: datetime
    ended_at: datetime
    zone: ZoneInfo
    version: str
    public_key: str
    profile_digest: str


def conformance_document(profile: Profile, outcomes: list[CaseOutcome], head: ConformanceHead) -> Document:
    """The report in print."""
    at = f"{head.begun_at.astimezone(head.zone):%d/%m/%Y %H:%M}"
    return Document(
        title="Verbale di prova dell'inoltro",
        subtitle=" · ".join(part for part in (head.municipality, f"destinazione {head.destination}") if part),
        footer=f"Prova {head.destination}, profilo {profile.name} {profile.revision} · {at} · anpr {head.version}",
        blocks=tuple(_blocks(profile, outcomes, head)),
    )


def _blocks(profile: Profile, outcomes: list[CaseOutcome], head: ConformanceHead) -> Iterator[Block]:
    verdict = verdict_of(outcomes)
    yield Banner(WHOLE[verdict], _TONES[verdict])
    yield Facts(tuple(_facts(profile, outcomes, head)))
    yield Paragraph(
        "Targhe, immagini e transiti di questa prova sono inventati: nessuno è di un veicolo rilevato, e nessuno è"
        " contato fra quelli inoltrati. L'interfaccia ufficiale non è pubblica: «come atteso» vuol dire che il profilo"
        " ha fatto ciò che dichiara e che il destinatario non ha risposto altro. Se il contenuto è quello che l'ufficio"
        " chiede lo dice l'ufficio, al punto 2."
    )
    yield Heading("1. Prove")
    header = ("prova", "che cosa è stato inviato", "risposta attesa", "risposta avuta", "esito")
    yield Table(header, tuple(_row(number, each) for number, each in _numbered(outcomes)), (5, 7, 4, 6, 3))
    yield from _judgement(outcomes)
    yield PageBreak()
    yield Heading("Appendice: che cosa è stato inviato")
    yield Paragraph(
        "L'inizio di ogni file di transiti. Per la lettura ci sono degli a capo in più, e le immagini sono"
        " tolte; i file interi, byte per byte, sono nella cartella «sent» accanto a questo verbale."
    )
    yield from _samples(profile, outcomes)


def _facts(profile: Profile, outcomes: list[CaseOutcome], head: ConformanceHead) -> Iterator[tuple[str, str]]:
    status = profile.status
    known = [part for part in (status.office, status.date and f"{status.date:%d/%m/%Y}", status.document) if part]
    counts = Counter(outcome.verdict for outcome in outcomes)
    yield "Esito", ", ".join(f"{word}: {counts[each]}" for each, word in VERDICTS.items() if counts[each])
    yield "Profilo", f"{profile.name}, revisione {profile.revision}"
    yield "Stato del profilo", "; ".join([STAGES[status.stage], *map(str, known)])
    yield "Impronta del profilo", f"SHA-256 {head.profile_digest}"
    yield "Destinazione", f"{head.destination}, {head.address}"
    yield "Protocollo d'intesa", head.protocol or "non indicato"
    yield "Motivo", head.reason or "non indicato"
    yield "Eseguita", f"dalle {_time(head.begun_at, head.zone)} alle {_time(head.ended_at, head.zone)}, da {head.actor}"
    yield "Programma", f"anpr {head.version}"
    yield "Firma", f"Ed25519, chiave {head.public_key}"


def _numbered(outcomes: list[CaseOutcome]) -> Iterator[tuple[int, CaseOutcome]]:
    return enumerate(outcomes, start=1)


def _row(number: int, outcome: CaseOutcome) -> tuple[str, ...]:
    case = outcome.case
    told = got(outcome)
    return (
        f"{number}. {case.title}",
        case.what,
        EXPECTED[case.expected],
        told[:MOST_LONG] + ("…" if len(told) > MOST_LONG else ""),
        VERDICTS[outcome.verdict],
    )


def _judgement(outcomes: list[CaseOutcome]) -> Iterator[Block]:
    asked = [(number, each) for number, each in _numbered(outcomes) if _is_asked(each)]
    if not asked:
        return
    yield Heading("2. Giudizio dell'ufficio che riceve")
    yield Paragraph("Le caselle le compila l'ufficio, con la sigla di chi ha verificato.")
    rows = tuple((f"{number}. {each.case.title}", _question(each), _EMPTY_BOX, _EMPTY_BOX) for number, each in asked)
    yield Table(("prova", "che cosa verificare", "sì / no", "nota e sigla"), rows, (5, 7, 2, 6))
    yield Paragraph("Luogo e data: ______________________________")
    yield Signatures((("Per l'ufficio che riceve", ""), ("Per il comune", "")))


def _is_asked(outcome: CaseOutcome) -> bool:
    if outcome.verdict is CaseVerdict.NOT_APPLICABLE or not outcome.written:
        return False
    return bool(outcome.case.question) or outcome.verdict is CaseVerdict.OPEN


def _question(outcome: CaseOutcome) -> str:
    return outcome.case.question or "Il transito è arrivato ed è accettato?"


def _samples(profile: Profile, outcomes: list[CaseOutcome]) -> Iterator[Block]:
    rows = []
    for number, outcome in _numbered(outcomes):
        if not outcome.files:
            continue
        records = outcome.files[-1]
        digest = sha256(records.data).hexdigest()
        others = len(outcome.files) - 1
        told = f"{number}. {records.name}\n{len(records.data)} byte\nSHA-256 {digest[:32]} {digest[32:]}"
        told += f"\ne altri {others} file" if others else ""
        rows.append((told, sample_of(records.data, profile.encoding.charset)))
    yield Table(("file", "contenuto"), tuple(rows), (5, 13))


def _time(at: datetime, zone: ZoneInfo) -> str:
    """With the offset: the hour that comes twice is told apart."""
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M:%S %z}"
