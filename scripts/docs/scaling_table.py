# SPDX-License-Identifier: AGPL-3.0-or-later
"""Generates the table of docs/scaling.md from its assumptions; `make docs` writes it, and a test compares them."""

import math
from dataclasses import dataclass

from scripts.repository import DOCS

PAGE = DOCS / "scaling.md"
BEGIN, END = "<!-- table by scripts/docs/scaling_table.py -->\n", "<!-- end of table -->\n"

TRANSITS_A_CAMERA = 4_000
"""A day, from docs/domain.md."""
PEAK = 10
"""Times the mean, from docs/domain.md."""
KEPT_DAYS = 8
"""retention.transit_days is 7; a day is dropped once its last moment is older."""
ROW_BYTES, INDEX_BYTES = 304, 154
"""A transit in PostgreSQL, measured by scripts/benchmarks/centre/storage.py."""
PICTURES_MB = 0.3
"""Of one transit: an assumption, a cut-out and a context picture of two megapixels."""
INGEST_PER_S = 10_000
"""Of one ingest process: half of what two store together, by `make benchmark-centre` on two busy cores."""
HEADROOM = 2


@dataclass(frozen=True, kw_only=True)
class Level:
    """A size of site; how many cameras it has is an assumption, but for Rufina and the national figure."""

    name: str
    cameras: int

    @property
    def transits_a_day(self) -> int:
        return self.cameras * TRANSITS_A_CAMERA

    @property
    def mean_per_s(self) -> float:
        return self.transits_a_day / 86_400

    @property
    def peak_per_s(self) -> float:
        return self.mean_per_s * PEAK

    @property
    def database_gb(self) -> float:
        """Rows and indexes of all days that are kept."""
        return self.transits_a_day * KEPT_DAYS * (ROW_BYTES + INDEX_BYTES) / 1e9

    @property
    def index_gb_a_day(self) -> float:
        """Indexes of one day: what inserting wants in memory."""
        return self.transits_a_day * INDEX_BYTES / 1e9

    @property
    def pictures_tb(self) -> float:
        return self.transits_a_day * KEPT_DAYS * PICTURES_MB / 1e6

    @property
    def ingests(self) -> int:
        """Processes for the peak, with room to spare; two at least where one may not be missed."""
        return max(1, math.ceil(self.peak_per_s * HEADROOM / INGEST_PER_S))


LEVELS = (
    Level(name="Rufina", cameras=15),
    Level(name="a city like Prato", cameras=100),
    Level(name="a province", cameras=500),
    Level(name="Lombardy", cameras=3_000),
    Level(name="national", cameras=15_000),
)


def table() -> str:
    """The table in Markdown."""
    head = (
        "| | cameras | transits a day | mean /s | peak /s | PostgreSQL, 8 days | indexes of a day | pictures, 8 days"
        " | ingest processes |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(level) for level in LEVELS)


def _row(level: Level) -> str:
    return (
        f"| {level.name} | {level.cameras:,} | {level.transits_a_day:,} | {level.mean_per_s:,.1f}"
        f" | {level.peak_per_s:,.0f} | {level.database_gb:,.1f} GB | {level.index_gb_a_day:,.2f} GB"
        f" | {level.pictures_tb:,.1f} TB | {level.ingests} |\n"
    )


def with_table(page: str) -> str:
    """The page with its table replaced by the current one."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after
