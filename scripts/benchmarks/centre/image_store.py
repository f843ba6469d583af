"""How many pictures a second the local shelf takes: one after another as before, and a batch flushed in parallel.

    python -m scripts.benchmarks.centre.image_store [--folder FOLDER] [--pictures 500] [--kilobytes 120] [--rounds 5]

Batches of different pictures at several gates, each made durable before the next begins. Median of the rounds.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from anpr.store.images.files import LocalShelf

GATES = 6


def main() -> None:
    """Measure and print a table, and last one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; a temporary one by default")
    parser.add_argument("--pictures", type=int, default=500, help="of one batch")
    parser.add_argument("--kilobytes", type=int, default=120, help="of one picture")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    data = os.urandom(options.kilobytes * 1000)
    rates = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name, way in ways(Path(folder)).items():
            rates[name] = round(median_rate(way, name, options.pictures, data, options.rounds))
            print(f"{name:34} {rates[name]:6d} pictures/s")
    print(json.dumps({"pictures": options.pictures, "kilobytes": options.kilobytes, "per_s": rates}))


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
    """Pictures a second."""
    rates = []
    for number in range(rounds):
        files = {f"2026-11-21/gate-{i % GATES}/{name}-{number}-{i}.jpg": data[i % 1000 :] for i in range(pictures)}
        began = time.perf_counter()
        way(files)
        rates.append(pictures / (time.perf_counter() - began))
    return statistics.median(rates)


if __name__ == "__main__":
    main()
