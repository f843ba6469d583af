# SPDX-License-Identifier: AGPL-3.0-or-later
"""A list that a centre hands out in versions, for tests: its profile, its files, and a pick-up that looks for them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.pickup import Pickup
from anpr.runtime.clock import ManualClock
from anpr.settings.list_places import ReceivedSettings
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.audit import AuditEvent, list_audit
from anpr.store.database.connection import Database
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.received import ReceivedState, received_states
from scripts.lab.transits import START

LIST = "a1"
ZONE = ZoneInfo("Europe/Rome")
PROFILE = """schema: 1
name: prova
encoding: {kind: xml, record: Elenco/Veicolo}
fields:
  - {column: plate, path: Targa}
  - {column: reason, path: Motivo}
  - {column: valid_to, path: Fine}
  - {column: operation, path: "@op"}
delivery:
  version: {path: Elenco/@versione}
  base: {path: Elenco/@precedente}
  as_of: {path: Elenco/@data}
  count: {path: Elenco/@totale}
  kind: {path: Elenco/@tipo}
  full: [C]
  delta: [V]
  operations: {add: [I], change: [M], remove: [E]}
"""


def whole(version: int, plates: Sequence[str], **more: Any) -> bytes:
    """A whole list as this centre writes it."""
    rows = "".join(f"<Veicolo><Targa>{each}</Targa><Motivo>furto</Motivo></Veicolo>" for each in plates)
    return _document(version, "C", rows, len(plates), more)


def changes(version: int, base: int | None, rows: Sequence[tuple[str, str]], **more: Any) -> bytes:
    """Changes: operation (I, M, E) and plate."""
    inside = "".join(f'<Veicolo op="{op}"><Targa>{each}</Targa><Motivo>m</Motivo></Veicolo>' for op, each in rows)
    return _document(version, "V", inside, len(rows), {**({"precedente": base} if base is not None else {}), **more})


def _document(version: int, kind: str, rows: str, count: int, more: Mapping[str, Any]) -> bytes:
    told = {"versione": version, "tipo": kind, "totale": count, "data": "2026-11-20T06:00:00+01:00", **more}
    marks = " ".join(f'{name}="{value}"' for name, value in told.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Elenco {marks}>{rows}</Elenco>'.encode()


def plates_of(number: int) -> list[str]:
    """As many plates."""
    return [f"AB{each:03d}CD" for each in range(number)]


@dataclass
class ReceivedSite:
    """A database with the list, a folder, and the pick-up."""

    database: Database
    folder: Path
    pickup: Pickup
    clock: ManualClock
    arrived: int = 0

    def arrive(self, content: bytes, name: str = "") -> Path:
        """A file comes to the folder, after those before it."""
        self.arrived += 1
        path = self.folder / (name or f"a1-{self.arrived}.xml")
        path.write_bytes(content)
        at = START.timestamp() - 1000 + self.arrived
        os.utime(path, (at, at))
        return path

    def take(self, content: bytes, name: str = "") -> str:
        """It comes, and is looked at; what became of it."""
        self.arrive(content, name)
        self.pickup.look()
        return str(self.state().deliveries[0].outcome)

    def state(self) -> ReceivedState:
        """Of the list."""
        with self.database.transaction() as conn:
            (state,) = received_states(conn, LIST)
        return state

    @property
    def version(self) -> str | None:
        """That is held."""
        held = self.state().received.held.version
        return held.text if held else None

    def plates(self) -> list[str]:
        """On the list, sorted."""
        with self.database.transaction() as conn:
            return sorted(entry.plate for entry in list_entries(conn, LIST, limit=100_000))

    def waiting_for(self, table: str) -> int:
        """How many sessions wait for a lock of this table."""
        with self.database.transaction() as conn:
            asked = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
            row = conn.execute(asked, [table]).fetchone()
        return row["n"] if row else 0

    def last_event(self) -> AuditEvent:
        """The newest row of the audit."""
        with self.database.transaction() as conn:
            return list_audit(conn)[0].event


def received_site(
    database: Database, folder: Path, profile: str = PROFILE, limits: Mapping[str, float] | None = None, **place: Any
) -> ReceivedSite:
    """The list is there and empty; `place` are keys of the pick-up."""
    with database.transaction() as conn:
        save_watchlist(conn, Watchlist(id=LIST, name="A1", priority=Priority.HIGH, purpose="p", legal_basis="l"))
    (folder / "in").mkdir()
    (folder / "profilo.yaml").write_text(profile, encoding="utf-8")
    told = ReceivedSettings(sender="Centro nazionale", **(limits or {}))
    one = PickupSettings(
        folder=folder / "in", watchlist=LIST, profile=str(folder / "profilo.yaml"), received=told, **place
    )
    clock = ManualClock(START)
    pickup = Pickup(database=database, settings=WatchlistSettings(pickup=(one,)), zone=ZONE, clock=clock)
    return ReceivedSite(database=database, folder=folder / "in", pickup=pickup, clock=clock)
