# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of the local image store: images a second, one after another and as a batch flushed in parallel.

    python -m scripts.benchmarks.centre.image_store [--folder FOLDER] [--images 500] [--kilobytes 120] [--rounds 5]

Batches of different images at several gates, each made durable before the next begins. Median of the rounds.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from anpr.store.images.files import LocalShelf
from scripts.command import Script, finish, log

GATES = 6


@click.command(cls=Script, help=__doc__)
@click.option("--folder", type=click.Path(path_type=Path), help="On the disk to measure; a temporary one by default.")
@click.option("--pictures", type=click.IntRange(1), default=500, show_default=True, help="Of one batch.")
@click.option("--kilobytes", type=click.IntRange(1), default=120, show_default=True, help="Of one image.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(folder: Path | None, pictures: int, kilobytes: int, rounds: int) -> None:
    """Measure each way of writing."""
    data = os.urandom(kilobytes * 1000)
    rates = {}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for label, way in ways(Path(name)).items():
            rates[label] = round(median_rate(way, label, pictures, data, rounds))
            log(f"{label:34} {rates[label]:6d} pictures/s")
    finish({"pictures": pictures, "kilobytes": kilobytes, "per_s": rates})


def ways(root: Path) -> dict[str, Callable[[Mapping[str, bytes]], object]]:
    """What is compared, by name."""
    shelves = {f"batch, {n} threads": LocalShelf(root, n).put_all for n in (1, 4, 8, 16, 32)}
    return {"one after another (before)": lambda files: one_after_another(root, files), **shelves}


def one_after_another(root: Path, files: Mapping[str, bytes]) -> None:
    """As it was done until now: each file and then its folder flushed before the next one is begun."""
    for key, data in files.items():
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def median_rate(
    way: Callable[[Mapping[str, bytes]], object], name: str, pictures: int, data: bytes, rounds: int
) -> float:
    """Images a second."""
    rates = []
    for number in range(rounds):
        files = {f"2026-11-21/gate-{i % GATES}/{name}-{number}-{i}.jpg": data[i % 1000 :] for i in range(pictures)}
        began = time.perf_counter()
        way(files)
        rates.append(pictures / (time.perf_counter() - began))
    return statistics.median(rates)


if __name__ == "__main__":
    main()
