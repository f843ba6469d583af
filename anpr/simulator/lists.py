# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that the simulated office hands out: A1, A2 and C with invented plates, in versions, whole and as changes.

Files in the folder `liste`, for list A1 at version 2, as CSV and XML each: `A1` (the newest whole list), `A1-000002`
(the same by its version), `A1-000002-variazioni` (what version 2 changed); and `A1.versione`, the number alone.
"""

import csv
import io
import random
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from anpr.runtime.clock import Clock

LISTS = {"A1": "veicolo rubato", "A2": "veicolo da verificare", "C": "veicolo segnalato"}
"""Each list's name and the reason of its entries."""
FIRST_ENTRIES = 40
KEPT_VERSIONS = 10
Step = Literal["change", "shrink", "empty"]
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_NEW, _CHANGED, _GONE = "inserimento", "modifica", "cancellazione"
_Row = tuple[str, str, str]
"""Operation (empty in a whole list), plate, reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListVersion:
    """What a list is at now."""

    name: str
    version: int
    entries: int
    at: datetime


class HandedOutLists:
    """Writes the files; each step makes the next version of one list. Thread-safe."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, str]] = {name: {} for name in LISTS}
        self._versions: dict[str, ListVersion] = {}
        for name, reason in LISTS.items():
            first = {_plate(f"{name} {number}"): f"{reason}, pratica {number:04d}" for number in range(FIRST_ENTRIES)}
            self._write(name, 1, first)

    @property
    def versions(self) -> list[ListVersion]:
        """Of each list."""
        with self._lock:
            return list(self._versions.values())

    def publish(self, name: str, step: Step = "change") -> ListVersion:
        """The next version: some entries go, come and change; or half of them go; or all. Raises KeyError."""
        with self._lock:
            version = self._versions[name].version + 1
            return self._write(name, version, _stepped(name, version, self._entries[name], step))

    def _write(self, name: str, version: int, entries: dict[str, str]) -> ListVersion:
        before, now = self._entries[name], self._clock.now()
        changes = _changes(before, entries)
        stem = f"{name}-{version:06d}"
        whole = [("", plate, reason) for plate, reason in entries.items()]
        for base, rows in ((stem, whole), (name, whole), (f"{stem}-variazioni", changes)):
            kind = "variazioni" if rows is changes else "completo"
            self._put(f"{base}.csv", _csv(rows, has_operation=rows is changes))
            head = {"lista": name, "versione": str(version), "data": now.isoformat(timespec="seconds"), "tipo": kind}
            if rows is changes:
                head["precedente"] = str(version - 1)
            self._put(f"{base}.xml", _xml(head, rows))
        self._put(f"{name}.versione", f"{version}\n".encode())
        for old in self._folder.glob(f"{name}-{version - KEPT_VERSIONS:06d}*"):
            old.unlink()
        self._entries[name] = entries
        self._versions[name] = ListVersion(name=name, version=version, entries=len(entries), at=now)
        return self._versions[name]

    def _put(self, name: str, data: bytes) -> None:
        part = self._folder / f".{name}.part"
        part.write_bytes(data)
        part.replace(self._folder / name)


def _plate(seed: str) -> str:
    chance = random.Random(seed)
    return "".join(chance.choices(_LETTERS, k=2) + chance.choices("0123456789", k=3) + chance.choices(_LETTERS, k=2))


def _stepped(name: str, version: int, entries: Mapping[str, str], step: Step) -> dict[str, str]:
    plates = list(entries)
    if step == "empty":
        return {}
    if step == "shrink":
        return {plate: entries[plate] for plate in plates[: len(plates) // 2]}
    kept = {plate: entries[plate] for plate in plates[2:]}
    for plate in plates[2:4]:
        kept[plate] = f"{entries[plate]} (aggiornata alla versione {version})"
    new = (_plate(f"{name} {version} {number}") for number in range(3))
    return kept | {plate: f"{LISTS[name]}, pratica {version:04d}" for plate in new}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[_Row]:
    gone = [(_GONE, plate, reason) for plate, reason in before.items() if plate not in after]
    came = [
        (_CHANGED if plate in before else _NEW, plate, reason)
        for plate, reason in after.items()
        if before.get(plate) != reason
    ]
    return gone + came


def _csv(rows: Iterable[_Row], *, has_operation: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow((["operazione"] if has_operation else []) + ["targa", "motivo", "dal", "al"])
    for operation, plate, reason in rows:
        writer.writerow(([operation] if has_operation else []) + [plate, reason, "", ""])
    return out.getvalue().encode()


def _xml(head: Mapping[str, str], rows: Sequence[_Row]) -> bytes:
    told = "".join(f" {name}={quoteattr(text)}" for name, text in {**head, "totale": str(len(rows))}.items())
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<Elenco{told}>"]
    for operation, plate, reason in rows:
        done = f" operazione={quoteattr(operation)}" if operation else ""
        lines.append(f"<Veicolo{done}><Targa>{escape(plate)}</Targa><Motivo>{escape(reason)}</Motivo></Veicolo>")
    return "\n".join([*lines, "</Elenco>", ""]).encode()


def file_for(folder: Path, name: str, held: str) -> Path:
    """The XML file for somebody who holds this version of a list: what changed since, or else all of it."""
    told = folder / f"{name}.versione"
    version = int(told.read_text(encoding="utf-8")) if told.is_file() else 0
    changes = folder / f"{name}-{version:06d}-variazioni.xml"
    return changes if version > 1 and held == str(version - 1) else folder / f"{name}.xml"
