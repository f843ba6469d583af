# SPDX-License-Identifier: AGPL-3.0-or-later
"""A centre that receives one list of each kind of file, and looks after each file whether the list is one that was
meant."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.domain.errors import ForwardError, InputError
from anpr.domain.list_delivery import DeliveryOutcome
from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.pickup import Pickup
from anpr.listfiles.places.soap_exchange import SoapAnswer, unpack_answer
from anpr.listfiles.reading import HowToRead, read_list_file
from anpr.runtime.clock import ManualClock
from anpr.settings.list_places import ReceivedSettings, SoapPlace
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.database.connection import Database
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.received import ListedDelivery, received_states
from scripts.command import log
from scripts.lab.held import peak_mb
from scripts.lab.transits import START
from scripts.reliability.lists.hostile_files import PROFILES, HostileFile, hostile_file, plate_of

_LIMITS = {"shrink_percent": 20.0, "growth_percent": 100.0}
_MOST_LOOKS = 10
_MOST_MB = 900
"""Bound of the process's peak: a file of 30 MB of one sheet is unpacked in a process of its own."""


@dataclass
class Fuzzed:
    """What came of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    mutations: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    peak_mb: int = 0

    def figures(self, count: int, seed: int) -> dict[str, object]:
        """For the last line."""
        counters = {"outcomes": self.outcomes, "mutations": self.mutations, "answers": self.answers}
        told = {name: dict(counter) for name, counter in counters.items()}
        return {"ok": not self.problems, "count": count, "seed": seed, **told, "peak_mb": self.peak_mb}

    def measure(self) -> None:
        """The process may not have grown; for a process that did nothing else."""
        self.peak_mb = peak_mb()
        if self.peak_mb > _MOST_MB:
            self.problems.append(f"{self.peak_mb} MB at the peak, more than {_MOST_MB}")


class ReceivingSite:
    """Drops files into the folders one by one."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._clock = ManualClock(START)
        self._folders = {kind: folder / kind for kind in PROFILES}
        self._held: dict[str, frozenset[str]] = dict.fromkeys(PROFILES, frozenset())
        self._versions = dict.fromkeys(PROFILES, 0)
        self._seen = dict.fromkeys(PROFILES, 0)
        places = tuple(self._place(folder, kind) for kind in PROFILES)
        settings = WatchlistSettings(pickup=places)
        self._pickup = Pickup(database=database, settings=settings, zone=ZoneInfo("Europe/Rome"), clock=self._clock)
        self.found = Fuzzed()

    def _place(self, folder: Path, kind: str) -> PickupSettings:
        self._folders[kind].mkdir(parents=True)
        profile = folder / f"{kind}.yaml"
        profile.write_text(PROFILES[kind], encoding="utf-8")
        listed = Watchlist(id=kind, name=kind, priority=Priority.LOW, purpose="test", legal_basis="none")
        with self._database.transaction() as conn:
            save_watchlist(conn, listed)
        told = ReceivedSettings(sender="test", **_LIMITS)
        return PickupSettings(folder=self._folders[kind], watchlist=kind, profile=str(profile), received=told)

    def fuzz(self, seed: int, count: int) -> Fuzzed:
        """As many files, and every tenth one also as the answer of a web service."""
        for number in range(count):
            file = self._next(seed, number)
            self._hand_over(file)
            if number % 10 == 0:
                unpack_hostile(self.found, file, self._folders[file.kind] / ".risposta.part")
            if number % 500 == 499:
                log(f"{number + 1} files, {len(self.found.problems)} problems")
        return self.found

    def _next(self, seed: int, number: int) -> HostileFile:
        kind = hostile_file(seed, number, 1, frozenset()).kind
        return hostile_file(seed, number, self._versions[kind] + 1, self._held[kind])

    def _hand_over(self, file: HostileFile) -> None:
        path = self._folders[file.kind] / file.name
        path.write_bytes(file.content)
        os.utime(path, (START.timestamp() - 60, START.timestamp() - 60))
        self.found.mutations[file.mutation] += 1
        for _ in range(_MOST_LOOKS):
            self._look(file, path)
            if not self._left(file.kind):
                break
        self._judge(file)

    def _look(self, file: HostileFile, path: Path) -> None:
        self._clock.advance(20)
        try:
            self._pickup.look(file.kind)
        except Exception as exc:  # noqa: BLE001  whatever it is, it is what is looked for
            told = f"{file.number}: {file.kind}, {file.mutation}: {type(exc).__name__}: {exc}"
            self.found.problems.append(told[:300])
            path.unlink(missing_ok=True)

    def _left(self, kind: str) -> list[str]:
        """Files that are not put away; what waited comes back when a whole list was taken."""
        return [path.name for path in self._folders[kind].iterdir() if path.is_file()]

    def _judge(self, file: HostileFile) -> None:
        """A list is what it was, or what files meant as a whole."""
        with self._database.transaction() as conn:
            (state,) = received_states(conn, file.kind, 50)
            plates = frozenset(entry.plate for entry in list_entries(conn, file.kind, limit=10_000))
        came = [each for each in state.deliveries if each.id > self._seen[file.kind]]
        where = f"{file.number}: {file.kind}, {file.mutation}"
        self.found.outcomes.update(str(each.outcome) for each in came)
        taken = [each for each in came if each.outcome is DeliveryOutcome.TAKEN]
        self.found.problems.extend(f"{where}: {told}" for told in self._faults(file, plates, came, taken))
        self._held[file.kind] = plates
        self._seen[file.kind] = max((each.id for each in came), default=self._seen[file.kind])
        if state.received.held.version is not None:
            self._versions[file.kind] = state.received.held.version.rank

    def _faults(
        self, file: HostileFile, plates: frozenset[str], came: list[ListedDelivery], taken: list[ListedDelivery]
    ) -> Iterator[str]:
        if not came:
            yield "no row in the ledger"
        if not taken and plates != self._held[file.kind]:
            yield "the list has changed"
        is_this = len(taken) == 1 and taken[0].file_name == file.name
        if file.plates is not None and is_this and plates != file.plates:
            yield "another list than was sent"
        for each in taken:
            if each.size and (each.removed or 0) * 100 > _LIMITS["shrink_percent"] * each.size:
                yield f"took off {each.removed} of {each.size}"
        if left := self._left(file.kind):
            yield f"left over {left[:3]}"


def read_hostile(folder: Path, seed: int, count: int) -> Fuzzed:
    """As many files, read as the lists that they should be and unpacked as answers, without a database."""
    found, held, zone = Fuzzed(), frozenset(plate_of(number) for number in range(20)), ZoneInfo("Europe/Rome")
    for kind, profile in PROFILES.items():
        (folder / f"{kind}.yaml").write_text(profile, encoding="utf-8")
    for number in range(count):
        file = hostile_file(seed, number, 8, held)
        found.mutations[file.mutation] += 1
        try:
            read = read_list_file(file.name, file.content, zone, HowToRead(profile=str(folder / f"{file.kind}.yaml")))
            found.outcomes["with wrong rows" if read.rejects else "read"] += 1
        except InputError:
            found.outcomes["refused"] += 1
        except Exception as exc:  # noqa: BLE001  whatever it is, it is what is looked for
            found.problems.append(f"{number}: {file.kind}, {file.mutation}: {type(exc).__name__}: {exc}"[:300])
        unpack_hostile(found, file, folder / ".risposta.part")
    return found


def unpack_hostile(found: Fuzzed, file: HostileFile, part: Path) -> None:
    """Unpacked as the answer to a SOAP request: refused in one line, or unpacked."""
    part.write_bytes(file.content)
    service = SoapPlace(url="https://127.0.0.1/", request_file="-", reply_file="Elenco/Veicolo/Targa")
    kind = "multipart/related; boundary=a" if file.number % 3 else "text/xml"
    try:
        unpack_answer(part, SoapAnswer(content_type=kind, label="answer", sha256=""), service)
        found.answers["unpacked"] += 1
    except ForwardError:
        found.answers["refused"] += 1
    except Exception as exc:  # noqa: BLE001  whatever it is, it is what is looked for
        found.problems.append(f"{file.number}: answer, {file.mutation}: {type(exc).__name__}: {exc}"[:300])
    part.unlink(missing_ok=True)
