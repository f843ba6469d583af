"""Real plates whose corners are known: marked by eye, or by the network where its hull agrees with a labelled box."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.errors import InputError
from anpr.domain.read import Box
from anpr.reader.rectify.corners import CornerFinder
from anpr.reader.rectify.quad import Quad, hull, sides
from anpr.reader.rectify.view import shown
from scripts.training.detector.folder import Folder, read_labels, read_picture
from scripts.training.rectifier.compose import window_of
from scripts.training.rectifier.shape import PAD_VALUE
from scripts.training.rectifier.store import Window

COLUMNS = ("file", "plate", "lines", "x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
_LEAST_PX = 36
_SURE_SPREAD = 7.5
"""px of the network's input: its corners are taken for true below it …"""
_AGREES = 0.06
"""… and where their hull ends at each side this near to the labelled box, as a share of its size."""


def read_marks(path: Path) -> Iterator[tuple[str, str, int, Quad]]:
    """File, plate, lines and corners of each marked plate. Raises InputError naming the line at fault."""
    with path.open(encoding="utf-8", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=2):
            try:
                quad = np.array([float(row[name]) for name in COLUMNS[3:]], np.float32).reshape(4, 2)
                yield row["file"], row["plate"], int(row["lines"]), quad
            except (KeyError, TypeError, ValueError) as exc:
                raise InputError(f"{path}, line {number}: needs {', '.join(COLUMNS)}, has {row}") from exc


def marked_windows(marks: Path, images: Path, wanted: Callable[[str], bool]) -> Iterator[Window]:
    """The windows of the marked plates whose picture is `wanted`."""
    for file, _, lines, quad in read_marks(marks):
        if wanted(file):
            yield window_around(read_picture(images / file), quad, lines)


def window_around(image: Image, quad: Quad, lines: int) -> Window:
    """The window of a plate whose corners are known, px of the picture."""
    view = window_of(hull(quad))
    inner = view.to_view(quad)
    low, high = inner.min(axis=0).tolist(), inner.max(axis=0).tolist()
    return Window(image=shown(image, view, PAD_VALUE), box=(*low, *high), quad=inner, lines=lines)


def agreed_windows(folder: Folder, finder: CornerFinder, pictures: Sequence[Path]) -> Iterator[Window]:
    """Labelled plates on which the network's corners and the label agree."""
    for picture in pictures:
        image = read_picture(picture)
        for row in read_labels(folder.labels / f"{picture.stem}.txt", image.shape[1], image.shape[0]):
            x1, y1, x2, y2 = (float(value) for value in row)
            if x2 - x1 < _LEAST_PX or y2 <= y1:
                continue
            box = Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1)
            found = finder.find(image, box)
            if found is not None and found.spread < _SURE_SPREAD and agrees(found.quad, box):
                yield window_around(image, fitted(found.quad, box), _lines(found.quad))


def agrees(quad: Quad, box: Box) -> bool:
    """Whether the corners' hull is the box."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    off = np.abs([low[0] - box.x, high[0] - box.x - box.w]) / box.w
    over = np.abs([low[1] - box.y, high[1] - box.y - box.h]) / max(box.h, box.w / 4)
    return bool(max(off.max(), over.max()) < _AGREES)


def fitted(quad: Quad, box: Box) -> Quad:
    """The corners stretched until their hull is the box: the label is drawn by people, the network's hull is not."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    share = (quad - low) / np.maximum(high - low, 1e-6)
    return np.asarray(share * (box.w, box.h) + (box.x, box.y), np.float32)


def _lines(quad: Quad) -> int:
    """What the plate's shape says surely; 0 where it does not."""
    width, height = sides(quad)
    return 1 if width > 2.6 * height else (2 if width < 1.5 * height else 0)
