# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sharded store of training windows on disk, each with what is known of it.

Every window depends on its seed and number alone, so an interrupted run goes on where it stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.reader.rectify.quad import Quad
from scripts.training.rectifier.shape import STORE

SHARD = 250


@dataclass(frozen=True, kw_only=True)
class Window:
    """One training image."""

    image: Image
    """(STORE height, STORE width, 3)."""
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 px: what a detector may have framed."""
    quad: Quad | None
    """The plate's corners, px; None where there is no plate."""
    lines: int = 0
    """Of text; 0 where it is not known."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """Windows as arrays."""

    images: npt.NDArray[np.uint8]
    """(n, STORE height, STORE width, 3)."""
    boxes: npt.NDArray[np.float32]
    """(n, 4)."""
    quads: npt.NDArray[np.float32]
    """(n, 4, 2); NaN where there is no plate."""
    lines: npt.NDArray[np.uint8]
    """(n,)."""

    def __len__(self) -> int:
        return len(self.images)

    def where(self, wanted: npt.NDArray[np.bool_]) -> "Store":
        """The windows for which `wanted` (n,) holds."""
        return Store(
            images=self.images[wanted], boxes=self.boxes[wanted], quads=self.quads[wanted], lines=self.lines[wanted]
        )


Make = Callable[[int], Sequence[Window]]
"""The windows of a number: one, or those of one image."""


def build(folder: Path, count: int, make: Make, tell: Callable[[str], None]) -> Store:
    """The windows that `make` gives for each of `count` numbers, in shards under `folder`; those there are read."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for first in range(0, count, SHARD):
        path = folder / f"{first:06d}.npz"
        if not path.exists():
            made = [window for number in range(first, min(count, first + SHARD)) for window in make(number)]
            fresh = path.with_suffix(".part.npz")
            _save(fresh, made)
            fresh.rename(path)
            tell(f"{folder.name}: {first + SHARD} of {count}")
        shards.append(path)
    return joined([load(path) for path in shards])


def _save(path: Path, windows: Sequence[Window]) -> None:
    none = np.full((4, 2), np.nan, np.float32)
    width, height = STORE
    np.savez(
        path,
        images=np.array([w.image for w in windows], np.uint8).reshape(-1, height, width, 3),
        boxes=np.array([w.box for w in windows], np.float32).reshape(-1, 4),
        quads=np.array([none if w.quad is None else w.quad for w in windows], np.float32).reshape(-1, 4, 2),
        lines=np.array([w.lines for w in windows], np.uint8),
    )


def load(path: Path) -> Store:
    """One shard."""
    with np.load(path) as arrays:
        return Store(**{name: arrays[name] for name in ("images", "boxes", "quads", "lines")})


def joined(stores: Sequence[Store]) -> Store:
    """All windows of several stores."""
    return Store(
        images=np.concatenate([store.images for store in stores]),
        boxes=np.concatenate([store.boxes for store in stores]),
        quads=np.concatenate([store.quads for store in stores]),
        lines=np.concatenate([store.lines for store in stores]),
    )
