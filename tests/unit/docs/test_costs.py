# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic of docs/costi.md follows from the figures of docs/scaling.md."""

import math
from pathlib import Path

import pytest

from scripts.docs.scaling_table import KEPT_DAYS, PICTURES_MB, Level

CAMERAS = (4, 20, 400)
LEVELS = [Level(name=str(cameras), cameras=cameras) for cameras in CAMERAS]
CORE_BUSY, CORE_WORST = 2.8, 1.7
"""Cameras of 1080p25 that one core carries: docs/benchmarks.md, Speed."""


def italian(value: float, places: int = 0) -> str:
    return f"{value:,.{places}f}".translate(str.maketrans(",.", ".,"))


def row_of(page: str, title: str) -> list[str]:
    """The cells of the row that begins so, without its title."""
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {title}"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "costi.md").read_text(encoding="utf-8")


def test_traffic_and_database_are_computed(page: str) -> None:
    assert row_of(page, "telecamere targhe") == [str(level.cameras) for level in LEVELS]
    assert row_of(page, "transiti al giorno") == [italian(level.transits_a_day) for level in LEVELS]
    assert row_of(page, "banca dati, 8 giorni") == [f"{italian(level.database_gb, 2)} GB" for level in LEVELS]
    places = ((2, 1), (2, 1), (1, 0))
    assert row_of(page, "al secondo") == [
        f"{italian(level.mean_per_s, mean)} e {italian(level.peak_per_s, peak)}"
        for level, (mean, peak) in zip(LEVELS, places, strict=True)
    ]
    assert row_of(page, "processi di acquisizione") == [str(level.ingests) for level in LEVELS]


def test_pictures_and_network_are_computed(page: str) -> None:
    daily_gb = [level.transits_a_day * PICTURES_MB / 1e3 for level in LEVELS]
    assert row_of(page, "immagini al giorno") == ["4,8 GB", "24 GB", "480 GB"]
    assert daily_gb == pytest.approx([4.8, 24, 480])
    assert row_of(page, "immagini, 8 giorni") == ["38 GB", "192 GB", "3,84 TB"]
    assert [gb * KEPT_DAYS for gb in daily_gb] == pytest.approx([38.4, 192, 3840])
    mean = [gb * 8e3 / 86_400 for gb in daily_gb]
    assert row_of(page, "rete dai varchi")[1:] == ["2,2 e 22 Mbit/s", "44 e 444 Mbit/s"]
    assert mean[1:] == pytest.approx([2.22, 44.4], abs=0.05)


def test_cores_are_computed_from_what_one_carries(page: str) -> None:
    assert row_of(page, "core per leggere, traffico") == [italian(math.ceil(n / CORE_BUSY)) for n in CAMERAS]
    assert row_of(page, "core per leggere, caso") == [italian(math.ceil(n / CORE_WORST)) for n in CAMERAS]


def test_what_one_core_carries_is_what_was_measured(repository: Path, page: str) -> None:
    measured = (repository / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for title, cell in (("50 % of frames with a plate", "2.8"), ("10 % of frames with a plate", "7.1")):
        assert row_of(measured, title)[0] == cell
        assert cell.replace(".", ",") in page
    assert row_of(measured, "no plate, something moves in every frame")[0] == "1.7"
