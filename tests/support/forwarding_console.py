# SPDX-License-Identifier: AGPL-3.0-or-later
"""A console with destinations of its own, and a forwarder that runs for them by hand."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from anpr.console.app import create_app
from anpr.domain.transit import Transit
from anpr.forward.job import Centre, prepare_job
from anpr.forward.report import RunReport
from anpr.forward.runs import run_day
from anpr.settings import DestinationSettings
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.store.database.connection import Database
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import make_transit
from tests.support.fixtures_console import Site, serving
from tests.unit.forward.profile.profiles import tree

TOO_SHORT = {"name": "gate", "source": "gate.id", "length": 3, "required": True}
LONG = "Questura_di_una_citta_con_un_nome_lunghissimo_e_senza_spazi"


@dataclass(kw_only=True)
class ForwardingSite:
    """The console, and the folder with the profile and what was sent."""

    site: Site
    folder: Path

    @property
    def yesterday(self) -> date:
        """By the site's clocks."""
        return self.site.clock.now().astimezone(self.site.settings.zone).date() - timedelta(days=1)

    def store(self, number: int, first: int = 0, **changes: Any) -> list[Transit]:
        """So many transits of yesterday, a second apart."""
        noon = self.site.clock.now().astimezone(self.site.settings.zone).replace(hour=12, minute=0, second=0)
        since = noon.replace(microsecond=0) - timedelta(days=1)
        transits = [
            make_transit(n, captured_at=since + timedelta(seconds=n), gate_id="porta-nord", **changes)
            for n in range(first, first + number)
        ]
        with self.site.database.transaction() as conn:
            insert_transits(conn, transits, self.site.clock.now())
        return transits

    def write_profile(self, **changes: Any) -> None:
        """Give the destination `questura` this profile."""
        (self.folder / "profile.yaml").write_text(json.dumps(tree(**changes)), encoding="utf-8")

    def reject(self) -> None:
        """Give it a profile that rejects what it is asked to write, since the gate's id is too long."""
        self.write_profile(fields=[*tree()["fields"], TOO_SHORT])

    def run(self) -> RunReport:
        """Forward yesterday to `questura`."""
        centre = Centre(
            settings=self.site.settings, database=self.site.database, images=self.site.images, clock=self.site.clock,
            stop=threading.Event(),
        )  # fmt: skip
        return run_day(prepare_job(centre, self.site.settings.forwarding[0]), self.yesterday)

    def states(self) -> dict[str, int]:
        """The ledger: how many in each state."""
        with self.site.database.transaction() as conn:
            rows = conn.execute(b"SELECT state, count(*) AS number FROM deliveries GROUP BY state").fetchall()
        return {row["state"]: row["number"] for row in rows}

    def counted(self) -> dict[str, int]:
        """The kept counters: the same, if they are right."""
        with self.site.database.transaction() as conn:
            rows = conn.execute(
                b"SELECT state, sum(number)::int AS number FROM delivery_counts GROUP BY state HAVING sum(number) <> 0"
            ).fetchall()
        return {row["state"]: row["number"] for row in rows}


@contextmanager
def forwarding_site(
    site: Site,
    database: Database,
    folder: Path,
    others: Sequence[str] = (),
    *,
    destinations: bool = True,
    alarms_to: Sequence[str] = (),
    target: Mapping[str, Any] | None = None,
) -> Iterator[ForwardingSite]:
    """A console like `site` with the destination `questura` in this folder and `others` beside it, or with none.
    `alarms_to`: destinations of alarms; `target`: where all of them send to, a folder when left."""
    ids = ("questura", *others) if destinations else ()
    where = target or {"kind": "directory", "path": str(folder / "arrived")}
    settings = site.settings.model_copy(
        update={
            "forwarding": tuple(_destination(each, folder, where) for each in ids),
            "alarm_forwarding": tuple(_alarm_destination(each, folder, where) for each in alarms_to),
        }
    )
    app = create_app(settings, database, site.images, site.clock)
    with serving(app) as url:
        made = ForwardingSite(site=replace(site, url=url, app=app, settings=settings, clients=[]), folder=folder)
        made.write_profile()
        try:
            yield made
        finally:
            for client in made.site.clients:
                client.close()


def _keys(name: str, folder: Path, target: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "profile": str(folder / "profile.yaml"),
        "target": target,
        "protocol": "Protocollo d'intesa n. 12 del 3 marzo 2026 tra il Comune e la Prefettura, articolo 4",
        "protocol_until": date(2030, 1, 1),
    }


def _destination(name: str, folder: Path, target: Mapping[str, Any]) -> DestinationSettings:
    return DestinationSettings.model_validate(_keys(name, folder, target))


def _alarm_destination(name: str, folder: Path, target: Mapping[str, Any]) -> AlarmDestinationSettings:
    lists = {"kinds": ["stolen", "judicial"], "local_lists": {"a1": "Convenzione n. 3 del 2026 con la Prefettura"}}
    return AlarmDestinationSettings.model_validate(_keys(name, folder, target) | lists)


def tell_alarm(made: ForwardingSite, alarm_id: int, destination: str = "titolare", **changes: Any) -> None:
    """A row of the ledger of messages: told and accepted, or with these `changes`."""
    now = made.site.clock.now()
    row = {
        "destination": destination, "alarm_id": alarm_id, "message": "raised", "version": 1,
        "organisation_id": "manager", "sighting_id": 1, "state": "accepted", "queued_at": now, "next_attempt_at": now,
        "sent_at": now, "settled_at": now, "reason": None, "outcome": None, "closed_at": None, **changes,
    }  # fmt: skip
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    with made.site.database.transaction() as conn:
        conn.execute(f"INSERT INTO alarm_messages ({names}) VALUES ({values})".encode(), row)


def fill_month(made: ForwardingSite) -> None:
    """Counts of 31 days for each destination, with every state; runs, files and long reasons of yesterday's."""
    reason = "image context: larger than the profile allows, unbroken_" + "reason_" * 15
    with made.site.database.transaction() as conn:
        for place, destination in enumerate(made.site.settings.forwarding):
            for back in range(31):
                day = made.yesterday + timedelta(days=1 - back)
                counts = {
                    "accepted": 396_000 - 9_000 * (back % 5),
                    "sent": 2_100 * (back % 4),
                    "queued": 90_000 * (back < 1),
                    "rejected": 31_000 * (back % 7 == 2),
                    "expired": 12_000 * (back % 9 == 4),
                }
                for state, number in counts.items():
                    kind = reason if state in {"rejected", "expired"} else ""
                    conn.execute(
                        b"INSERT INTO delivery_counts VALUES (%(id)s, %(day)s, %(state)s, %(kind)s, %(number)s)",
                        {"id": destination.id, "day": day, "state": state, "kind": kind, "number": number},
                    )
            hour = made.site.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3 + place)
            conn.execute(
                b"INSERT INTO unqueued_counts VALUES (%(id)s, 'porta-nord', %(hour)s, 'dropped', 44000)",
                {"id": destination.id, "hour": hour},
            )
