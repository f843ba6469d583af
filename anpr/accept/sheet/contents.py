# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contents of the sheet: what was tested, the verdict, the figures, what was read wrong, and lines to sign on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.accept.folder.records import SessionState
from anpr.accept.folder.workspace import Workspace
from anpr.accept.judge.figures import FigureGroup, Measure
from anpr.accept.judge.match import Matching
from anpr.accept.judge.verdict import AcceptanceVerdict, Judgement
from anpr.accept.sheet.verdict_words import banner_text, reasons, untested
from anpr.accept.sheet.words import (
    MEASURES,
    NONE,
    SIDES,
    VERDICTS,
    duration,
    fault_name,
    group_name,
    interval_text,
    local_time,
    percent,
    share_text,
)
from anpr.paper.blocks import Banner, Block, Document, Facts, Heading, Paragraph, Signatures, Table, Tone

_COLUMNS = (Measure.COVERAGE, Measure.CORRECT, Measure.WRONG, Measure.NOT_READ, Measure.FALSE)

_DEFINITIONS = (
    "Copertura: veicoli per i quali il lettore ha prodotto un transito, sui veicoli passati. "
    "Letture corrette: targhe lette senza alcun errore, sulle targhe che una persona sa leggere; "
    "un veicolo non letto conta come non corretto. Letture errate e non lette: sulle stesse targhe. "
    "Letture in più: transiti ai quali non corrisponde nessun veicolo contato, su tutti i transiti. "
    "Fra parentesi quadre l'intervallo di confidenza al 95 % (Wilson), in percento."
)
_NORM = (
    "La prova è condotta alla maniera della UNI 10772:2016. Della norma il progetto riporta soltanto questo: classe A, "
    "riconoscimento corretto oltre il 98 %; prova di giorno e di notte, con traffico canalizzato e libero, sul lato "
    "anteriore e posteriore, con auto e moto. Le definizioni qui sopra sono del progetto. Questa scheda non riproduce "
    "il testo della norma e non è un certificato di conformità."
)
_MATCHING = (
    "Il conteggio è fatto da una persona senza vedere ciò che il lettore ha letto. Un transito e un veicolo contato si "
    "corrispondono quando i loro tempi distano al massimo {tolerance:.0f} s: prima quelli con la stessa targa, poi "
    "quelli con una targa simile, poi per vicinanza nel tempo. L'esito è «superato» quando tutto l'intervallo sta "
    "sopra la soglia, «non superato» quando sta tutto sotto; altrimenti i veicoli sono troppo pochi per dirlo."
)


@dataclass(frozen=True, kw_only=True)
class SheetFacts:
    """What the sheet says beside the figures."""

    light_rule: str
    """How day and night were told apart."""
    tolerance_s: float
    program: str
    """Version and networks."""
    technician: str = ""
    officer: str = ""
    notes: str = ""
    shows_plates: bool = True


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the test found."""

    matching: Matching
    groups: tuple[FigureGroup, ...]
    judgements: tuple[Judgement, ...]
    verdict: AcceptanceVerdict | None


def sheet_document(
    workspace: Workspace, findings: Findings, facts: SheetFacts, details: Sequence[Block], now: datetime
) -> Document:
    """The sheet; `details` are the blocks with plates and images."""
    site = workspace.site
    return Document(
        title="Scheda di collaudo del lettore targhe",
        subtitle=f"{site.municipality} · {site.gate} · telecamera {site.camera}",
        footer=f"{site.municipality}, telecamera {site.camera}, scheda del {local_time(now, workspace.zone)}",
        blocks=(
            *_outcome(findings),
            Heading("Che cosa è stato provato"),
            Facts(tuple(_site_rows(workspace, facts, now))),
            Heading("Risultati"),
            _results(findings.groups),
            Paragraph(_look_alikes(findings.groups[0])),
            *_judgement_table(findings.judgements),
            Heading("Come leggere le cifre"),
            Paragraph(_DEFINITIONS),
            Paragraph(_MATCHING.format(tolerance=facts.tolerance_s)),
            Paragraph(_NORM),
            *details,
            Heading("Conservazione"),
            Paragraph(_retention(workspace, facts.shows_plates)),
            Signatures((("Il tecnico", facts.technician), ("Per l'ente", facts.officer))),
        ),
    )


def _outcome(findings: Findings) -> Iterator[Block]:
    tones = {AcceptanceVerdict.PASSED: Tone.GOOD, AcceptanceVerdict.FAILED: Tone.BAD}
    tone = tones.get(findings.verdict, Tone.OPEN) if findings.verdict else Tone.OPEN
    yield Banner(banner_text(findings.verdict), tone)
    for sentence in (*reasons(findings.judgements, findings.verdict), untested(findings.groups)):
        if sentence:
            yield Paragraph(sentence)


def _site_rows(workspace: Workspace, facts: SheetFacts, now: datetime) -> Iterator[tuple[str, str]]:
    site = workspace.site
    states = [session.state for session in workspace.sessions()]
    yield "Comune", site.municipality
    yield "Varco e telecamera", f"{site.gate}, {site.camera}"
    if site.side:
        yield "Lato ripreso", SIDES[site.side]
    yield "Registrazioni", "\n".join(_session_text(state, workspace) for state in states)
    yield "Durata", duration(sum((state.until - state.began).total_seconds() for state in states))
    yield "Interruzioni", "\n".join(_interruptions(states, workspace)) or "nessuna"
    yield "Giorno e notte", facts.light_rule
    yield "Programma", facts.program
    yield "Scheda scritta il", local_time(now, workspace.zone)
    if facts.notes:
        yield "Note", facts.notes


def _session_text(state: SessionState, workspace: Workspace) -> str:
    what = "telecamera dal vivo" if state.is_live else state.source
    times = f"{local_time(state.began, workspace.zone)} – {local_time(state.until, workspace.zone)}"
    return f"{times} ({what}, {state.frames} fotogrammi{'' if state.complete else ', interrotta'})"


def _interruptions(states: Sequence[SessionState], workspace: Workspace) -> Iterator[str]:
    for state in states:
        for began, ended, fault in state.outages:
            yield (
                f"{local_time(began, workspace.zone)}: {duration((ended - began).total_seconds())} "
                f"senza immagini ({fault_name(fault)})"
            )
        if state.damage:
            until = local_time(state.until, workspace.zone)
            yield f"{state.source}: registrazione danneggiata, letta fino alle {until}"


def _results(groups: Sequence[FigureGroup]) -> Table:
    return Table(
        ("Gruppo", "Passati", *(MEASURES[measure] for measure in _COLUMNS)),
        tuple(
            (group_name(group), str(group.passed), *(share_text(group.shares[measure]) for measure in _COLUMNS))
            for group in groups
        ),
    )


def _look_alikes(total: FigureGroup) -> str:
    share = total.shares[Measure.LOOKS_RIGHT]
    if share.value is None:
        return "Nessuna targa contata era leggibile da una persona."
    return (
        "Se i caratteri che si somigliano (O/0, I/1, B/8 …) valgono uguali, le letture corrette sono "
        f"{share.hits} su {share.of}: {percent(share.value)} {interval_text(share)}."
    )


def _judgement_table(judgements: Sequence[Judgement]) -> Iterator[Block]:
    if not judgements:
        return
    yield Heading("Esito per soglia")
    yield Table(
        ("Gruppo", "Misura", "Soglia", "Osservato", "Esito", "Servono almeno"),
        tuple(
            (
                group_name(one.group),
                MEASURES[one.measure],
                f"oltre {percent(one.threshold)}",
                share_text(one.share),
                VERDICTS[one.verdict],
                str(one.needed) if one.needed is not None else NONE,
            )
            for one in judgements
        ),
    )


def _retention(workspace: Workspace, shows_plates: bool) -> str:
    first = min(session.state.began for session in workspace.sessions())
    until = (first + timedelta(days=workspace.site.retention_days)).astimezone(workspace.zone)
    working = (
        f"Immagini, transiti e conteggio di questa prova vanno cancellati entro il {until:%d/%m/%Y} "
        f"({workspace.site.retention_days} giorni dalla prima registrazione), con `anpr accept delete`."
    )
    mine = "Questa scheda contiene targhe e immagini: va conservata e trasmessa come tale."
    return f"{working} {mine if shows_plates else 'Questa scheda non contiene né targhe né immagini.'}"
