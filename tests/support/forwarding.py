# SPDX-License-Identifier: AGPL-3.0-or-later
"""A centre with one destination, for tests of forwarding."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from anpr.contract.image import image_header
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.job import Centre, Job, prepare_job
from anpr.forward.schedule import day_scope
from anpr.runtime.clock import ManualClock
from anpr.settings import DestinationSettings, Settings
from anpr.store.audit import AuditEvent, list_audit
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Database
from anpr.store.forwarding.deliveries import count_states
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import make_transit
from tests.unit.forward.profile.profiles import tree

DAY = date(2026, 11, 21)
NIGHT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)  # 02:30 in Rome, the night after DAY


class Site:
    """A database, a folder of pictures, and one destination whose files arrive in `arrived`."""

    def __init__(self, database: Database, folder: Path, start: datetime = NIGHT, ours: Database | None = None) -> None:
        """`ours` is the same database as forwarding may use it; without, it works as the owner."""
        self.database = database
        self.ours = ours or database
        self.folder = folder
        self.arrived = folder / "arrived"
        self.clock = ManualClock(start)
        self.stop = Event()
        self.images = ImageStore(folder / "images")
        self.profile: dict[str, Any] = {}
        self.destination: dict[str, Any] = {}
        self.stored = 0

    def settings(self) -> Settings:
        profile = self.folder / "profile.yaml"
        profile.write_text(json.dumps(tree(**self.profile)), encoding="utf-8")
        values = {
            "id": "questura",
            "profile": str(profile),
            "target": {"kind": "directory", "path": str(self.arrived)},
            "protocol": "Protocollo 12/2026",
            "protocol_until": date(2027, 12, 31),
            **self.destination,
        }
        return Settings(data_dir=self.folder, forwarding=(DestinationSettings.model_validate(values),))

    def job(self) -> Job:
        settings = self.settings()
        centre = Centre(settings=settings, database=self.ours, images=self.images, clock=self.clock, stop=self.stop)
        return prepare_job(centre, settings.forwarding[0])

    def store(self, transits: Sequence[Transit]) -> None:
        with self.database.transaction() as conn:
            insert_transits(conn, transits, self.clock.now())
        self.stored += len(transits)

    def store_picture(self, transit: Transit, role: ImageRole, data: bytes) -> None:
        self.images.put(image_header(transit=transit, role=role, data=data), data)

    def files(self) -> dict[str, str]:
        """What has arrived, by name."""
        if not self.arrived.is_dir():
            return {}
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.arrived.iterdir())}

    def sent_ids(self) -> list[str]:
        """Ids in the files of records, in the order of files and lines; a transit sent twice is there twice."""
        return [line.split(";")[0] for text in self.files().values() for line in text.splitlines()[1:]]

    def states(self, day: date = DAY) -> dict[str, int]:
        """The ledger of a day: how many in each state that occurs."""
        job = self.job()
        with self.database.transaction() as conn:
            counts = count_states(conn, day_scope(job.id, day, job.centre.settings.zone))
        return {state.value: count for state, count in counts.items() if count}

    def audit(self) -> list[AuditEvent]:
        """Oldest first; the chain is whole."""
        with self.database.transaction() as conn:
            assert verify(conn).broken_at is None
            return [row.event for row in reversed(list_audit(conn))]

    def ledger_rows(self) -> list[dict[str, Any]]:
        with self.database.transaction() as conn:
            return conn.execute("SELECT * FROM deliveries ORDER BY captured_at, transit_id").fetchall()


def transits(count: int, since: datetime | None = None, first: int = 0) -> list[Transit]:
    """Transits a second apart, by default from 11:00 of DAY in Rome on."""
    begin = since or datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    return [make_transit(n, captured_at=begin + timedelta(seconds=n)) for n in range(first, first + count)]
