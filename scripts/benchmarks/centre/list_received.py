# SPDX-License-Identifier: AGPL-3.0-or-later
"""A list that a centre hands out: time and memory of a whole list, of the same again, and of changes.

    python -m scripts.benchmarks.centre.list_received [--entries 1000000] [--changes 1000] [--quick]

XML files by the shipped profile `esempio-consegna` arrive in the watched folder and go all the way: read, judged,
swapped, noted, put away. A real PostgreSQL of its own, in a temporary folder, that flushes nothing: its share of the
times is a lower bound. The peak is this process's; ends with a problem when it is more than 3 GiB. The last line is one
JSON object.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import click

from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.pickup import Pickup
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings.list_places import ReceivedSettings
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.received import find_received
from scripts.benchmarks.centre.list_import import different_plates
from scripts.command import Script, finish, log
from scripts.lab.held import peak_mb
from scripts.lab.transits import START

LIST = "a1"
MOST_MB = 3072
_WALL = SystemClock()


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(1, 1_900_000), default=1_000_000, show_default=True)
@click.option("--changes", type=click.IntRange(1, 100_000), default=1_000, show_default=True)
@click.option("--quick", is_flag=True, help="100,000 entries.")
def main(entries: int, changes: int, quick: bool) -> None:
    """Measure and print."""
    number = 100_000 if quick else entries
    with TemporaryDirectory(prefix="anpr-lists-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        with Database(url, pool_size=4, application="benchmark") as database:
            site = _Site(database, Path(folder) / "in")
            figures = {
                **site.take("full", _file(1, number, different_plates(number))),
                **site.take("full_again", _file(2, number, different_plates(number))),
                **site.take("delta", _file(3, changes, different_plates(changes, number), base=2)),
            }
            version = site.version
    problems = [] if version == "3" else [f"the list is at version {version}, not 3"]
    peak = peak_mb()
    if peak > MOST_MB:
        problems.append(f"{peak} MB at the peak, at most {MOST_MB} are allowed")
    load = round(os.getloadavg()[0], 1)
    finish({"entries": number, "changes": changes, "load_average": load, **figures, "peak_mb": peak}, problems)


class _Site:
    """A received list whose files arrive in a folder."""

    def __init__(self, database: Database, folder: Path) -> None:
        folder.mkdir()
        listed = Watchlist(id=LIST, name="A1", priority=Priority.HIGH, purpose="benchmark", legal_basis="none")
        with database.transaction() as conn:
            save_watchlist(conn, listed)
        received = ReceivedSettings(sender="benchmark", growth_percent=1_000_000)
        place = PickupSettings(folder=folder, watchlist=LIST, profile="esempio-consegna", received=received)
        self._folder, self._clock, self._database = folder, ManualClock(START), database
        settings = WatchlistSettings(pickup=(place,))
        self._pickup = Pickup(database=database, settings=settings, zone=ZoneInfo("Europe/Rome"), clock=self._clock)

    @property
    def version(self) -> str:
        """That is held."""
        with self._database.transaction() as conn:
            received = find_received(conn, LIST)
        return received.held.version.text if received and received.held.version else ""

    def take(self, name: str, content: bytes) -> dict[str, float]:
        """Seconds of this file, its size, and the process's peak after it."""
        path = self._folder / f"{name}.xml"
        path.write_bytes(content)
        os.utime(path, (START.timestamp() - 60,) * 2)
        began = _WALL.monotonic()
        self._pickup.look()
        seconds = round(_WALL.monotonic() - began, 1)
        log(f"{name} {seconds}")
        return {f"{name}_s": seconds, f"{name}_mb": round(len(content) / 1e6, 1), f"{name}_peak_mb": peak_mb()}


def _file(version: int, number: int, plates: Iterable[str], base: int | None = None) -> bytes:
    kind = "completo" if base is None else "variazioni"
    added = "" if base is None else ' operazione="inserimento"'
    follows = "" if base is None else f' precedente="{base}"'
    rows = "".join(f"<Veicolo{added}><Targa>{plate}</Targa><Motivo>furto</Motivo></Veicolo>\n" for plate in plates)
    as_of = f"2026-11-21T06:0{version}:00+01:00"
    head = f'<Elenco versione="{version}"{follows} data="{as_of}" tipo="{kind}" totale="{number}">'
    return f"<?xml version='1.0'?>\n{head}\n{rows}</Elenco>".encode()


if __name__ == "__main__":
    main()
