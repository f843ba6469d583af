# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processor time for fitting an image to a forwarding profile's limits (ms), and images a second in two threads.

    python -m scripts.benchmarks.centre.image_fit [--quick] [FILE…]

FILE: JPEG images, which are brought to 1920 x 1080 px; without any, a drawn one of noise in patches, which compresses
worse than scenes do.
"""

import io
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from PIL import Image

from anpr.forward.profile.image_fit import Unfit, fit_image
from anpr.forward.profile.image_rule import ImageRule
from scripts.command import Script, finish, log

SIZE = (1920, 1080)
RULES: dict[str, dict[str, Any]] = {
    "as_it_is": {"max_bytes": 4_000_000},
    "px_looked_at": {"max_bytes": 4_000_000, "max_width_px": 1920},
    "to_1280": {"max_bytes": 4_000_000, "max_width_px": 1280},
    "to_100_kb": {"max_bytes": 100_000},
    "to_1280_and_60_kb": {"max_bytes": 60_000, "max_width_px": 1280},
    "to_webp": {"max_bytes": 4_000_000, "max_width_px": 1280, "format": "webp"},
}


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="Two rounds instead of ten.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(quick: bool, files: tuple[Path, ...]) -> None:
    """Measure each rule one after the other, and the last but one with two threads."""
    images = [_of_size(Image.open(path).convert("RGB")) for path in files] or [_of_size(_drawn())]
    log(f"{len(images)} images of {sum(map(len, images)) // len(images)} bytes each")
    figures = {f"{name}_ms": _ms(_rule(values), images, 2 if quick else 10) for name, values in RULES.items()}
    rule = _rule(RULES["to_1280_and_60_kb"])
    many = images * max(1, (8 if quick else 40) // len(images))
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda data: fit_image(rule, data), many))
    finish({**figures, "two_threads_per_s": round(len(many) / (time.perf_counter() - begun), 1)})


def _rule(values: dict[str, Any]) -> ImageRule:
    return ImageRule.model_validate(
        {"role": "context", "how": "embed", "too_large": "recompress", **values}, strict=False
    )


def _ms(rule: ImageRule, images: list[bytes], rounds: int) -> float:
    begun, made = time.process_time(), 0
    for _ in range(rounds):
        for data in images:
            made += not isinstance(fit_image(rule, data), Unfit)
    return round((time.process_time() - begun) * 1000 / max(1, made), 2)


def _drawn() -> Image.Image:
    width, height = SIZE[0] // 8, SIZE[1] // 8
    noise = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
    return noise.resize(SIZE, Image.Resampling.BICUBIC)


def _of_size(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.resize(SIZE, Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
    return file.getvalue()


if __name__ == "__main__":
    main()
