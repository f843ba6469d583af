# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn training plates: rendered once into a folder, in shards, so that a stopped run goes on."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from anpr.drawing import ITALIAN, KINDS, NEIGHBOURS, draw_plate, random_style
from anpr.drawing.grammar import set_out
from anpr.drawing.kinds import PlateKind

SHARD = 250
"""Plates painted before their list is written."""
ITALIAN_SHARE = 0.7
EVERYDAY_SHARE = 0.65
"""Of the Italian ones."""
EVERYDAY = ("it_car",) * 5 + ("it_car_front", "it_car_1994", "it_square", "it_motorcycle", "it_trailer")
_OURS = 5
"""Every so many plates keep our own letters."""
_PX_PER_MM = (0.5, 0.95)
_COLUMNS = ("file", "text", "spaced", "kind", "lines")
_MARKS = {" ", "*", "=", "-"}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One painted plate."""

    path: Path
    text: str
    """Letters and digits, rows one after the other."""
    spaced: str
    """The same with one space wherever the plate shows a gap or a mark inside a row."""
    kind: str
    lines: int


def draw_set(
    folder: Path, count: int, seed: int, tell: Callable[[str], None], shard: int = SHARD, hands: bool = False
) -> tuple[Drawn, ...]:
    """`count` drawn plates in `folder`, the same for the same seed; shards already there are kept.

    With `hands` most of them have letters a little different from ours, each plate those of another hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Drawn] = []
    for number in range(-(-count // shard)):
        listing = folder / f"{number:04d}.csv"
        if not listing.exists():
            _paint_shard(listing, range(number * shard, (number + 1) * shard), seed, hands)
            tell(f"drawn: {(number + 1) * shard} plates")
        made += _listed(listing)
    return tuple(made[:count])


def spaced_text(text: str, kind: str) -> str:
    """The text of a plate of this kind with a space at each gap or mark between its groups."""
    setting = set_out(text, KINDS[kind].templates)
    if setting is None:
        return text
    rows = ("".join(" " if piece in _MARKS else piece for piece in row) for row in setting.rows)
    return "".join(" ".join(row.split()) for row in rows)


def _paint_shard(listing: Path, numbers: range, seed: int, hands: bool) -> None:
    rows = [_paint(listing.parent, number, seed, hands) for number in numbers]
    fresh = listing.with_suffix(".part")
    with fresh.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    fresh.rename(listing)  # a shard is listed only when all of it is there


def _paint(folder: Path, index: int, seed: int, hands: bool) -> tuple[str, str, str, str, int]:
    rng = np.random.default_rng((seed, index))
    kind = _kind(rng)
    style = random_style(rng, px_per_mm=float(rng.uniform(*_PX_PER_MM)) * 520 / max(kind.width, 300))
    if hands and index % _OURS:
        style = replace(style, hand=index)
    plate = draw_plate(kind.name, rng=rng, style=style)
    name = f"{index:06d}.jpg"
    cv2.imwrite(str(folder / name), plate.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return name, plate.text, spaced_text(plate.text, plate.kind), plate.kind, plate.lines


def _kind(rng: np.random.Generator) -> PlateKind:
    """Any kind, but every third plate is one that most Italian vehicles carry."""
    if rng.random() >= ITALIAN_SHARE:
        return NEIGHBOURS[int(rng.integers(len(NEIGHBOURS)))]
    if rng.random() < EVERYDAY_SHARE:
        return KINDS[EVERYDAY[int(rng.integers(len(EVERYDAY)))]]
    return ITALIAN[int(rng.integers(len(ITALIAN)))]


def _listed(listing: Path) -> list[Drawn]:
    with listing.open(newline="", encoding="utf-8") as file:
        return [
            Drawn(
                path=listing.parent / row["file"],
                text=row["text"],
                spaced=row["spaced"],
                kind=row["kind"],
                lines=int(row["lines"]),
            )
            for row in csv.DictReader(file)
        ]
