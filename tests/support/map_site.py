# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates at their places, for maps: five of them, and one whose place nobody has entered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from anpr.console.app import create_app
from anpr.domain.gate import Camera, Gate
from anpr.domain.transit import Transit
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from tests.support.fixtures_console import WANTED, Site, serving

PLACES: dict[str, tuple[str, float | None, float | None]] = {
    "porta-nord": ("Porta Nord", 43.8935, 11.0990),
    "ponte": ("Ponte vecchio", 43.7680, 11.2531),
    "campi": ("Campi Bisenzio – via Barberinese", 43.826, 11.133),
    "empoli-est": ("Empoli Est", 43.72, 10.96),
    "pistoia": ("Pistoia casello", 43.915, 10.915),
    "lavoro": ("Via del Lavoro", None, None),
}


def place_gates(site: Site) -> None:
    """Save the gates."""
    basis: dict[str, Any] = {"purpose": "sicurezza urbana", "legal_basis": "patto 2025"}
    gates = [
        Gate(
            id=gate_id,
            name=name,
            latitude=latitude,
            longitude=longitude,
            cameras=(Camera(id=f"{gate_id}-1", url="file:x"),),
            **basis,
        )
        for gate_id, (name, latitude, longitude) in PLACES.items()
    ]
    with site.database.transaction() as conn:
        save_gates(conn, gates)


def drive(site: Site, *gate_ids: str, plate: str = WANTED, every: timedelta = timedelta(minutes=10)) -> list[Transit]:
    """A vehicle passes these gates, one after the other, the last one now."""
    transits = []
    for number, gate_id in enumerate(gate_ids):
        before = every * (len(gate_ids) - 1 - number)
        site.clock.ahead -= before
        transits.append(site.pass_vehicle(plate, gate_id=gate_id))
        site.clock.ahead += before
    return transits


@contextmanager
def with_map(site: Site, console_database: Database, **map_settings: object) -> Iterator[Site]:
    """The site with these settings of console.map."""
    console = site.settings.console.model_dump() | {"map": map_settings}
    settings = site.settings.model_validate(site.settings.model_dump() | {"console": console})
    app = create_app(settings, console_database, site.images, site.clock)
    with serving(app) as url:
        yield replace(site, url=url, app=app, settings=settings)
