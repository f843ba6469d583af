# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic of docs/scaling.md is arithmetic."""

from pathlib import Path

import pytest

from scripts.docs.scaling_table import LEVELS, table, with_table


def test_the_table_in_the_page_is_computed(repository: Path) -> None:
    page = (repository / "docs" / "scaling.md").read_text(encoding="utf-8")
    assert table() in page
    assert with_table(page) == page, "run make docs"


def test_the_sizes_follow_from_cameras() -> None:
    by_name = {level.name: level for level in LEVELS}
    assert by_name["Rufina"].transits_a_day == 60_000
    assert by_name["national"].transits_a_day == 60_000_000
    assert by_name["national"].peak_per_s == pytest.approx(6_944.4, abs=0.1)
    assert by_name["national"].database_gb == pytest.approx(60e6 * 8 * 458 / 1e9)


@pytest.mark.parametrize(
    "claim", ["15 GB for Lombardy", "74 GB for the country", "3.6 TB × 3 = 10.8 TB", "27 GB a day"]
)
def test_figures_in_the_text_agree(repository: Path, claim: str) -> None:
    page = " ".join((repository / "docs" / "scaling.md").read_text(encoding="utf-8").split())
    assert claim in page
    by_name = {level.name: level for level in LEVELS}
    national, lombardy = by_name["national"], by_name["Lombardy"]
    computed = {
        f"{lombardy.index_gb_a_day * 8:.0f} GB for Lombardy",
        f"{national.index_gb_a_day * 8:.0f} GB for the country",
        f"{lombardy.pictures_tb / 8:.1f} TB × 3 = {lombardy.pictures_tb / 8 * 3:.1f} TB",
        f"{national.database_gb / 8:.0f} GB a day",
    }
    assert claim in computed
