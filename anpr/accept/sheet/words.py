# SPDX-License-Identifier: AGPL-3.0-or-later
"""Italian words and number formats of the sheet."""

from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Side
from anpr.accept.judge.figures import FigureGroup, Measure, Share
from anpr.accept.judge.verdict import AcceptanceVerdict
from anpr.domain.reasons import Drop

LIGHTS = {Lighting.DAY: "giorno", Lighting.NIGHT: "notte"}
SIDES = {Side.FRONT: "anteriore", Side.REAR: "posteriore"}
MEASURES = {
    Measure.COVERAGE: "Copertura",
    Measure.CORRECT: "Letture corrette",
    Measure.LOOKS_RIGHT: "Corrette salvo caratteri simili",
    Measure.WRONG: "Letture errate",
    Measure.NOT_READ: "Non lette",
    Measure.FALSE: "Letture in più",
}
VERDICTS = {
    AcceptanceVerdict.PASSED: "superato",
    AcceptanceVerdict.FAILED: "non superato",
    AcceptanceVerdict.OPEN: "n troppo piccolo",
}
_DROPS = {
    Drop.TRACK_TOO_FEW_READS: "vista in troppo pochi fotogrammi",
    Drop.TRACK_LOW_CONFIDENCE: "letta con fiducia sotto la soglia",
    Drop.TRACK_NOT_A_PLATE: "scartata: non sembrava una targa",
    Drop.TRACK_SEEN_BEFORE: "stessa targa già registrata poco prima",
    Drop.PLATE_TOO_SMALL: "targa troppo piccola nell'immagine",
}
_FAULTS = {
    "unreachable": "irraggiungibile",
    "refused": "accesso rifiutato",
    "ended": "flusso terminato",
    "frozen": "immagine ferma",
    "changed-size": "formato cambiato",
    "no-secret": "credenziali mancanti sul lettore, o non per questo indirizzo",
    "undecodable": "flusso non decodificabile",
    "connecting": "in collegamento",
}

NONE = "—"


def group_name(group: FigureGroup) -> str:
    """`Tutti`, `Giorno`, `Notte, posteriore` …"""
    parts = [
        *([LIGHTS[group.light]] if group.light else []),
        *([SIDES[group.side]] if group.side else []),
        *([group.kind] if group.kind else []),
    ]
    return ", ".join(parts).capitalize() or "Tutti"


def drop_reason(reason: Drop) -> str:
    """Why a plate that was followed came to no transit."""
    return _DROPS.get(reason, reason.value)


def fault_name(fault: str) -> str:
    """Why a camera gave no images."""
    return _FAULTS.get(fault, fault)


def percent(value: float, digits: int = 1) -> str:
    """A share, 0 to 1, as `97,5 %`."""
    return f"{value * 100:.{digits}f} %".replace(".", ",")


def share_text(share: Share) -> str:
    """Share, counts and interval, each in a line; a dash when nothing was counted."""
    if share.value is None:
        return NONE
    return f"{percent(share.value)}\n{share.hits} su {share.of}\n{interval_text(share)}"


def interval_text(share: Share) -> str:
    """`[94,3 – 98,9]`, percent."""
    low, high = (f"{end * 100:.1f}".replace(".", ",") for end in share.interval)
    return f"[{low} – {high}]"


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """`01/12/2026 08:03:12` in local time."""
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M:%S}"


def duration(seconds: float) -> str:
    """`1 h 20 min`, `45 s`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
