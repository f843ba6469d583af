# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness report as a printed document and as CSV, in Italian; it names no plate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from anpr.domain.completeness import DayBalance, DestinationLine, Verdict
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.evidence.words import STATES as HEALTH
from anpr.forward.completeness.words import (
    CAME,
    COLUMNS,
    NONE,
    REFUSALS,
    SEEN_BY,
    SHORTFALLS,
    STATES,
    VERDICTS,
    WITHHELD,
    stage_facts,
)
from anpr.paper.blocks import Banner, Block, Document, Facts, Heading, Paragraph, Table, Tone

MAX_ROWS = 300
"""Of one table in print; the CSV has all rows."""
Stages = Mapping[str, Mapping[str, Any]]
"""By destination, how far its profile has come and whether anything is sent, as JSON has it (`StageStanding`)."""
_WIDTHS = (4, *([2] * len(CAME)))
_TONES = {Verdict.BALANCED: Tone.GOOD, Verdict.OPEN: Tone.OPEN, Verdict.UNBALANCED: Tone.BAD}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportHead:
    """What stands on every report. `made_at` is in UTC."""

    organisation: str
    municipality: str
    revision: int
    made_at: datetime
    zone: ZoneInfo
    version: str
    public_key: str
    gates: Mapping[str, str] = field(default_factory=dict)
    """What people call each gate, by id."""


def document(balance: DayBalance, head: ReportHead, stages: Stages) -> Document:
    """The report in print."""
    day = balance.day.strftime("%d/%m/%Y")
    return Document(
        title=f"Rapporto di completezza del {day}",
        subtitle=" · ".join(dict.fromkeys(part for part in (head.municipality, head.organisation) if part)),
        footer=f"Completezza {day}, revisione {head.revision} · {_time(head.made_at, head.zone)} · anpr {head.version}",
        blocks=tuple(_blocks(balance, head, stages)),
    )


def _blocks(balance: DayBalance, head: ReportHead, stages: Stages) -> Iterator[Block]:
    yield Banner(VERDICTS[balance.verdict], _TONES[balance.verdict])
    yield Facts(tuple(_facts(balance, head)))
    yield Heading("1. Che cosa manca")
    found = [(SHORTFALLS[kind], str(number)) for kind, number in balance.shortfalls.items()]
    yield Facts(tuple(found)) if found else Paragraph("Nulla.")
    yield Heading("2. Arrivati e conservati")
    yield Paragraph(
        "Per ogni varco e lettore: arrivati (con numero + senza numero + recuperati) = conservati + scartati per"
        " finalità + rifiutati. I doppioni sono già contati. «In ritardo»: arrivati oltre un'ora dopo il rilevamento."
    )
    yield from _limited(("varco, lettore", *COLUMNS.values()), _came_rows(balance, head.gates), _WIDTHS)
    if balance.refused:
        yield from _limited(("lettore", "motivo del rifiuto", "messaggi"), _refused_rows(balance), (3, 3, 1))
    if balance.missing:
        yield Heading("3. Numeri mai arrivati")
        header = ("lettore", "numeri", "transiti", "tra", "e", "stato")
        yield from _limited(header, _missing_rows(balance, head.zone), (3, 3, 1, 3, 3, 2))
    for each in balance.destinations:
        yield Heading(f"Destinazione {each.destination}")
        stage = stages.get(each.destination)
        yield Facts((*(stage_facts(stage) if stage else ()), *_destination(each)))
    if balance.blind:
        yield Heading("Intervalli senza visione")
        yield from _limited(("chi", "stato", "dalle", "alle"), _blind_rows(balance, head.zone), (3, 2, 3, 3))


def _facts(balance: DayBalance, head: ReportHead) -> Iterator[tuple[str, str]]:
    hours = (balance.until - balance.since).total_seconds() / 3600
    yield "Giorno", f"dalle {_time(balance.since, head.zone)} alle {_time(balance.until, head.zone)}, {hours:g} ore"
    yield "Revisione", f"{head.revision}, fatta il {_time(head.made_at, head.zone)}"
    yield "Arrivati", str(balance.total("came"))
    yield "Conservati", str(balance.total("stored"))
    yield "Firma", f"Ed25519, chiave {head.public_key}"


def _destination(line: DestinationLine) -> Iterator[tuple[str, str]]:
    yield "conservati", str(line.stored)
    for state, word in STATES.items():
        yield word, str(line.states.get(state, 0))
    for reason, word in WITHHELD.items():
        if line.withheld.get(reason):
            yield word, str(line.withheld[reason])
    yield "non ancora nel registro", str(line.not_listed)
    yield "differenza", str(line.difference)
    if not line.has_run:
        yield "inoltro", "nessun inoltro riuscito per questo giorno"
    for state, reason, number in line.reasons:
        yield f"{STATES.get(state, state)}: {number}", reason


def _limited(header: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]) -> Iterator[Block]:
    yield Table(header, tuple(rows[:MAX_ROWS]), widths)
    if len(rows) > MAX_ROWS:
        yield Paragraph(f"Altre {len(rows) - MAX_ROWS} righe sono nel file CSV.")


def _came_rows(balance: DayBalance, gates: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [
        (f"{_gate(line.gate_id, gates)}\n{line.reader_id or NONE}", *(str(getattr(line, name)) for name in CAME))
        for line in balance.came
    ]


def _gate(gate_id: str, gates: Mapping[str, str]) -> str:
    name = gates.get(gate_id)
    return f"{name} ({gate_id})" if name and name != gate_id else gate_id or NONE


def _refused_rows(balance: DayBalance) -> list[tuple[str, ...]]:
    words = {str(reason): word for reason, word in REFUSALS.items()}
    return [(reader or NONE, words.get(reason, reason), str(number)) for reader, reason, number in balance.refused]


def _missing_rows(balance: DayBalance, zone: ZoneInfo) -> list[tuple[str, ...]]:
    return [
        (
            span.reader_id,
            f"{span.first}–{span.last}",
            str(span.size),
            _time(span.after_at, zone),
            _time(span.before_at, zone),
            "perduti" if span.is_lost else "attesi",
        )
        for span in balance.missing
    ]


def _blind_rows(balance: DayBalance, zone: ZoneInfo) -> list[tuple[str, ...]]:
    return [
        (
            f"{SEEN_BY.get(spell.kind, spell.kind)} {spell.subject}",
            HEALTH.get(spell.state, spell.state),
            _time(spell.since, zone),
            _time(spell.until, zone) if spell.until else "dura ancora",
        )
        for spell in balance.blind
    ]


def _time(at: datetime, zone: ZoneInfo) -> str:
    """With the offset: the hour that comes twice is told apart."""
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M %z}"


def as_csv(balance: DayBalance, stages: Stages) -> bytes:
    """All figures, one a row: section, what of, kind, number; and the stage of each destination's profile."""
    return csv_bytes([("sezione", "di", "voce", "numero"), *_csv_rows(balance), *_csv_stages(balance, stages)])


def _csv_stages(balance: DayBalance, stages: Stages) -> Iterator[tuple[str, str, str, int]]:
    for each in balance.destinations:
        stage = stages.get(each.destination)
        for what, text in stage_facts(stage) if stage else ():
            yield "profilo", each.destination, as_text(f"{what}: {text}"), 1


def _csv_destination(line: DestinationLine) -> Iterator[tuple[str, str, str, int]]:
    of = line.destination
    yield "inoltro", of, "conservati", line.stored
    yield from (("inoltro", of, word, line.states.get(state, 0)) for state, word in STATES.items())
    yield from (("inoltro", of, WITHHELD.get(reason, reason), number) for reason, number in line.withheld.items())
    yield "inoltro", of, "non ancora nel registro", line.not_listed
    yield "inoltro", of, "differenza", line.difference
    yield from (("motivi", of, as_text(f"{state}: {reason}"), number) for state, reason, number in line.reasons)


def _csv_rows(balance: DayBalance) -> Iterator[tuple[str, str, str, int]]:
    yield "verdetto", balance.organisation_id, f"{balance.day.isoformat()} {balance.verdict.value}", 1
    for kind, number in balance.shortfalls.items():
        yield "mancanze", "", kind.value, number
    for line in balance.came:
        of = as_text(f"{line.gate_id or NONE} / {line.reader_id or NONE}")
        yield from (("arrivati", of, word, getattr(line, name)) for name, word in CAME.items())
    for reader, reason, number in balance.refused:
        yield "rifiutati", as_text(reader or NONE), reason, number
    for span in balance.missing:
        state = "perduti" if span.is_lost else "attesi"
        yield "numeri mancanti", as_text(span.reader_id), f"{state} {span.first}-{span.last}", span.size
    for each in balance.destinations:
        yield from _csv_destination(each)
    for spell in balance.blind:
        seconds = int(((spell.until or balance.until) - spell.since).total_seconds())
        yield (
            "senza visione (s)",
            as_text(f"{SEEN_BY.get(spell.kind, spell.kind)} {spell.subject}"),
            spell.state,
            seconds,
        )
