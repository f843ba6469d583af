# SPDX-License-Identifier: AGPL-3.0-or-later
"""Report of a package, in Italian: chain of custody, each transit with images and hashes, what is missing and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anpr.domain.health import SubjectKind
from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.evidence.facts import EvidenceFacts, TransitFact
from anpr.evidence.words import ACTIONS, KINDS, MISSING, NONE, ROLES, SIGNATURES, STATES, UNKNOWN_STATE
from anpr.paper.blocks import Banner, Block, Document, Facts, Figure, Heading, PageBreak, Paragraph, Table, Tone

_MOST_ROWS = 200
"""Of the audit in print, the newest; all of them are in the file."""
_NO_SOFTWARE = "non registrati: il lettore non li ha indicati"
_STAMP = "se c'è, è in manifest.tsr; altrimenti manifest.json, scritto dopo questa relazione, dice perché manca"
_COPY_NOTE = (
    "Le immagini stampate qui sono copie ridotte. Gli originali, byte per byte, sono nella cartella «originali»."
)


def report(facts: EvidenceFacts, public_key: str, images: Mapping[str, bytes]) -> Document:
    """The report; `images`: small marked copies, by the names of the copies in the package."""
    of, made = facts.investigation, facts.made
    when = _time(made.at, made.zone)
    return Document(
        title=f"Fascicolo {of.reference}: relazione",
        subtitle=" · ".join(dict.fromkeys(part for part in (made.municipality, made.organisation) if part)),
        footer=f"Fascicolo {of.reference} · {when} · anpr {made.version}",
        blocks=tuple(_blocks(facts, public_key, images)),
    )


def _blocks(facts: EvidenceFacts, public_key: str, images: Mapping[str, bytes]) -> Iterator[Block]:
    yield _verdict(facts)
    yield Heading("1. Fascicolo e pacchetto")
    yield Facts(tuple(_about(facts, public_key)))
    yield Heading("2. Transiti")
    yield _overview(facts)
    yield Paragraph(_COPY_NOTE)
    yield Heading("3. Catena di custodia")
    yield Paragraph(_custody(facts))
    yield _audit(facts)
    yield from _words(facts)
    for number, fact in enumerate(facts.transits, 1):
        yield PageBreak()
        yield from _transit(number, fact, facts.made.zone, images)


def _verdict(facts: EvidenceFacts) -> Banner:
    if not facts.missing:
        return Banner(f"{_counted(len(facts.transits), 'transito', 'transiti')}, nulla manca", Tone.GOOD)
    lacks = "manca un elemento, elencato" if facts.missing == 1 else f"mancano {facts.missing} elementi, elencati"
    return Banner(f"{_counted(len(facts.transits), 'transito', 'transiti')}; {lacks} con il perché", Tone.OPEN)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _about(facts: EvidenceFacts, public_key: str) -> Iterator[tuple[str, str]]:
    of, made = facts.investigation, facts.made
    yield "Fascicolo", f"{of.reference} – {of.title}"
    yield "Autorità", of.authority or NONE
    yield "Aperto", f"{_time(of.opened_at, made.zone)}, da {of.author}"
    if of.ended_at:
        yield "Chiuso", f"{_time(of.ended_at, made.zone)}, da {of.ended_by}"
    yield "Persone", ", ".join(member.name for member in facts.members) or NONE
    yield "Pacchetto", f"fatto il {_time(made.at, made.zone)} da {made.by}"
    yield "Motivo", made.reason
    yield "Programma", f"anpr {made.version}, la versione che ha fatto il pacchetto"
    yield "Registro", f"ultima riga e impronta al momento: {facts.head}"
    yield "Marca temporale", _STAMP
    yield "Chiave", f"{public_key} (chiave pubblica del sito, con cui è firmato manifest.json)"


def _overview(facts: EvidenceFacts) -> Table:
    rows = []
    for number, fact in enumerate(facts.transits, 1):
        plate = fact.stored.transit.plate if fact.stored else NONE
        state = MISSING[fact.missing] if fact.missing else _images_in_short(fact)
        rows.append((str(number), _time(fact.mark.captured_at, facts.made.zone), plate, fact.gate_name, state))
    return Table(("N.", "Quando", "Targa", "Varco", "Immagini"), tuple(rows), (4, 16, 11, 20, 30))


def _images_in_short(fact: TransitFact) -> str:
    if not fact.images:
        return "nessuna annunciata"
    told = [
        f"{ROLES[image.role]}: {MISSING[image.missing] if image.missing else 'presente, impronta uguale'}"
        for image in fact.images
    ]
    return "\n".join(told)


def _custody(facts: EvidenceFacts) -> str:
    text = (
        "Il lettore calcola l'impronta SHA-256 di ogni immagine al varco, quando la cattura, e la invia nel messaggio"
        " del transito; il centro la conserva e la confronta quando l'immagine arriva e di nuovo adesso. Ogni"
        " consultazione, ricerca ed esportazione fatta per questo fascicolo è una riga del registro degli accessi, a"
        " sola aggiunta: l'impronta di ogni riga copre quella precedente. Qui sotto le righe del fascicolo; in"
        " audit.jsonl ciascuna porta"
        " l'impronta della riga precedente, così che la propria si può ricalcolare, e chi ha il registro intero può"
        " confrontarla."
    )
    if facts.has_more_rows:
        text += f" Il registro ha altre righe del fascicolo, più vecchie: qui sono le ultime {len(facts.audit)}."
    return text


def _audit(facts: EvidenceFacts) -> Table:
    shown = facts.audit[-_MOST_ROWS:]
    rows = [
        (
            str(each.row.seq),
            _time(each.row.event.at, facts.made.zone),
            each.row.event.actor,
            ACTIONS.get(str(each.row.event.action), str(each.row.event.action)),
            each.row.event.reason or NONE,
            each.row.hash[:16],
        )
        for each in shown
    ]
    header = ("Riga", "Quando", "Chi", "Operazione", "Motivo", "Impronta (inizio)")
    return Table(header, tuple(rows) or ((NONE,) * len(header),), (7, 16, 14, 18, 26, 15))


def _words(facts: EvidenceFacts) -> Iterator[Block]:
    zone = facts.made.zone
    yield Heading("4. Note e ricerche salvate")
    rows = [(_time(note.at, zone), note.author, note.text) for note in reversed(facts.notes)]
    rows += [(_time(each.saved_at, zone), each.author, f"Ricerca: {each.text}") for each in reversed(facts.questions)]
    yield Table(("Quando", "Chi", "Testo"), tuple(rows) or ((NONE,) * 3,), (16, 14, 60))


def _transit(number: int, fact: TransitFact, zone: ZoneInfo, images: Mapping[str, bytes]) -> Iterator[Block]:
    yield Heading(f"Transito {number}")
    mark = fact.mark
    note = f": {mark.note}" if mark.note else ""
    known = [
        ("Identità", str(mark.transit_id)),
        ("Varco", f"{fact.gate_name} ({mark.gate_id})"),
        ("Catturato", f"{_time(mark.captured_at, zone)} ({_utc(mark.captured_at)} UTC)"),
        ("Segnato", f"il {_time(mark.marked_at, zone)} da {mark.marked_by}{note}"),
    ]
    if fact.stored is None:
        yield Facts((*known, ("Manca", MISSING[fact.missing] if fact.missing else NONE)))
        return
    yield Facts((*known, *_read(fact), *_states(fact)))
    if fact.images:
        yield _figure(fact, images)
    yield Heading("Impronte SHA-256")
    yield Table(("Immagine", "Al varco", "Adesso"), tuple(_hashes(fact)) or ((NONE,) * 3,), (10, 40, 40))
    yield Heading("Lettura")
    yield _candidates(fact.stored.transit.candidates)
    yield from _by_character(fact.stored.transit)


def _figure(fact: TransitFact, images: Mapping[str, bytes]) -> Figure:
    told = [
        f"{ROLES[image.role].capitalize()}: {MISSING[image.missing] if image.missing else image.file}"
        for image in fact.images
    ]
    return Figure("\n".join(told), tuple(images[image.copy] for image in fact.images if image.copy in images))


def _read(fact: TransitFact) -> Iterator[tuple[str, str]]:
    assert fact.stored is not None
    transit = fact.stored.transit
    yield "Targa", f"{transit.plate} (probabilità {_percent(transit.confidence)}, {transit.reads} letture)"
    yield "Lettura grezza", transit.raw
    yield "Paese", transit.country or "non riconosciuto"
    yield "Telecamera", " · ".join(part for part in (transit.camera_id, transit.lane, transit.direction) if part)
    yield "Lettore", f"{transit.reader_id}; {SIGNATURES[fact.stored.signature]}"
    yield "Programma e modelli", transit.software.replace(" ", "\n") if transit.software else _NO_SOFTWARE
    yield "Arrivato al centro", f"{_utc(fact.stored.received_at)} UTC"
    held = [f"{hold.case_reference} fino al {hold.ends_on:%d/%m/%Y}" for hold in fact.holds]
    yield "Conservato per", "; ".join(held) or "nessuna conservazione oltre il termine"


def _states(fact: TransitFact) -> Iterator[tuple[str, str]]:
    known = {each.kind: each for each in fact.states}
    for kind in (SubjectKind.CLOCK, SubjectKind.READER, SubjectKind.CAMERA):
        state = known.get(kind)
        told = f"{STATES.get(state.state, state.state)} (dal {_utc(state.since)} UTC)" if state else UNKNOWN_STATE
        yield KINDS[kind], told


def _hashes(fact: TransitFact) -> Iterator[tuple[str, str, str]]:
    for image in fact.images:
        now = image.sha256_now or (MISSING[image.missing] if image.missing else NONE)
        if image.sha256_now == image.edge_sha256:
            now += "\nuguale a quella del varco"
        yield ROLES[image.role], image.edge_sha256, now


def _candidates(candidates: Sequence[Candidate]) -> Table:
    rows = tuple((each.text, _percent(each.probability)) for each in candidates)
    return Table(("Alternativa", "Probabilità"), rows or ((NONE, NONE),), (30, 20))


def _by_character(transit: Transit) -> Iterator[Block]:
    """What the candidates say of each character: the votes by position themselves stay at the edge."""
    alike = [each for each in transit.candidates if len(each.text) == len(transit.plate)]
    total = sum(each.probability for each in alike)
    if not total:
        return
    shares = [
        sum(each.probability for each in alike if each.text[place] == sign) / total
        for place, sign in enumerate(transit.plate)
    ]
    yield Paragraph("Per carattere, ricavata dalle alternative conservate (i voti per posizione restano al varco):")
    yield Table(tuple(transit.plate), (tuple(_percent(share) for share in shares),))


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %".replace(".", ",")


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M:%S}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]
