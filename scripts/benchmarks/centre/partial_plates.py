# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost of partial plates in matching: the same transits with and without them on the lists, side by side, in memory.

    python -m scripts.benchmarks.centre.partial_plates [--entries 1000000] [--partial 1000] [--quick]

Transits that nobody looks for, four candidates each, in batches of BATCH; processor time, so that other work on the
machine counts little. A third of the entries each on an exact, a look-alike and a probability list. The last line is
one JSON object.
"""

import statistics
import time
from collections.abc import Sequence
from random import Random

import click

from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit
from anpr.domain.watchlist import MatchMode
from anpr.store.watchlists.entry_index import EntryIndex, IndexedEntry
from scripts.benchmarks.centre.watchlists import BATCH, drawn_plate, drawn_transit, partial_plates
from scripts.benchmarks.common import Figures
from scripts.command import Script, finish

ENTRIES, PARTIAL = 1_000_000, 1_000
_ROUNDS = 20
_MORE = 2
"""So many times BATCH are drawn, as some are looked for."""


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(3), default=ENTRIES, show_default=True)
@click.option("--partial", type=click.IntRange(1), default=PARTIAL, show_default=True)
@click.option("--quick", is_flag=True, help="100,000 entries.")
def main(entries: int, partial: int, quick: bool) -> None:
    """Measure and print."""
    number = min(entries, 100_000) if quick else entries
    finish({"entries": number, "partial": partial} | measure_partial(number, partial))


def measure_partial(entries: int, partial: int) -> Figures:
    """Medians in microseconds a transit, and `partial_ratio` of them."""
    without, beside = _index(entries, []), _index(entries, partial_plates(partial, Random(8)))
    times: dict[str, list[float]] = {"without": [], "beside": []}
    for number in range(_ROUNDS):
        for name, index in (("without", without), ("beside", beside)):
            likely = beside.likely(_batch(number))
            batch = [transit for place, transit in enumerate(_batch(number)) if place not in likely][:BATCH]
            began = time.process_time()
            index.likely(batch)
            times[name].append((time.process_time() - began) / len(batch) * 1e6)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        "match_without_partial_us": round(medians["without"], 2),
        "match_beside_partial_us": round(medians["beside"], 2),
        "partial_ratio": round(medians["beside"] / medians["without"], 2),
    }


def _batch(number: int) -> list[Transit]:
    """The same for the same number, with texts whose hashes nobody asked for yet."""
    chance = Random(1_000 + number)
    return [drawn_transit(chance) for _ in range(_MORE * BATCH)]


def _index(entries: int, partial: Sequence[str]) -> EntryIndex:
    chance, index = Random(7), EntryIndex()
    plates = [*(drawn_plate(chance) for _ in range(entries)), *partial]
    modes = list(MatchMode)
    for place, mode in enumerate(modes):
        index.add(
            IndexedEntry(
                number, plate, look_alike_key(plate) if mode is MatchMode.LOOK_ALIKE else None,
                mode is MatchMode.PROBABILITY,
            )
            for number, plate in enumerate(plates[place :: len(modes)])
        )  # fmt: skip
    return index


if __name__ == "__main__":
    main()
