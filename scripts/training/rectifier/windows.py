# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training windows: drawn plates and boards, real level plates, and false detections."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.detect.detector import Detector
from anpr.reader.rectify.quad import Quad, hull, quad_of
from anpr.reader.rectify.view import shown
from scripts.training.detector.compose import sources_of
from scripts.training.detector.folder import Folder, read_labels, read_picture
from scripts.training.rectifier.compose import composed, drawn_panel, window_of
from scripts.training.rectifier.panel import Panel
from scripts.training.rectifier.shape import PAD_VALUE
from scripts.training.rectifier.store import Store, Window, build

PANELS_SEED, WINDOWS_SEED = 41, 42
LEVEL = 4.2
"""Width ÷ height from which a box around a plate of one line is its corners to a few percent: it leans below 2°."""
_LEAST_PX = 40
_APART = 0.2
"""A mistaken box covers less than this of any plate, by the smaller of the two."""


def drawn_windows(folder: Folder, work: Path, count: int, signs: int, tell: Callable[[str], None]) -> Store:
    """`count` windows of drawn plates and boards in real surroundings."""
    sources = sources_of(folder)
    pool: list[Panel] = []

    def make(number: int) -> list[Window]:
        if not pool:  # painted when the first shard is missing
            pool.extend(drawn_panel(np.random.default_rng((PANELS_SEED, sign))) for sign in range(signs))
        return [composed(sources, pool, np.random.default_rng((WINDOWS_SEED, number)))]

    return build(work / "drawn", count, make, tell)


def real_windows(folder: Folder, detector: Detector, work: Path, tell: Callable[[str], None]) -> dict[str, Store]:
    """Level plates (`level`) and the detector's mistakes (`mistakes`) of every train image of `folder`."""
    pictures = sorted(folder.train)

    def make(number: int) -> list[Window]:
        image = read_picture(pictures[number])
        boxes = labelled(folder.labels, pictures[number], image)
        level = [plate_window(image, box) for box in boxes if box.w >= _LEAST_PX and box.w >= LEVEL * box.h]
        return [*level, *mistakes(image, boxes, detector)]

    both = build(work / "real", len(pictures), make, tell)
    none = np.isnan(both.quads[:, 0, 0])
    return {"level": both.where(~none), "mistakes": both.where(none)}


def labelled(labels: Path, picture: Path, image: Image) -> list[Box]:
    """The labelled boxes of an image."""
    rows = read_labels(labels / f"{picture.stem}.txt", image.shape[1], image.shape[0])
    return [
        Box(x=float(x1), y=float(y1), w=float(x2 - x1), h=float(y2 - y1))
        for x1, y1, x2, y2 in rows
        if x2 > x1 and y2 > y1
    ]


def plate_window(image: Image, box: Box) -> Window:
    """The window of a level plate."""
    view = window_of(box)
    quad = view.to_view(quad_of(box))
    (x1, y1), (x2, y2) = quad[0].tolist(), quad[2].tolist()
    return Window(image=shown(image, view, PAD_VALUE), box=(x1, y1, x2, y2), quad=quad, lines=1)


def window_around(image: Image, quad: Quad, lines: int) -> Window:
    """The window of a plate whose corners are known, px of the image."""
    view = window_of(hull(quad))
    inner = view.to_view(quad)
    (x1, y1), (x2, y2) = inner.min(axis=0).tolist(), inner.max(axis=0).tolist()
    return Window(image=shown(image, view, PAD_VALUE), box=(x1, y1, x2, y2), quad=inner, lines=lines)


def mistakes(image: Image, plates: Sequence[Box], detector: Detector, least_px: float = 20.0) -> list[Window]:
    """Windows of what the detector takes for plates where none is."""
    made = []
    for found in detector.detect(image):
        if found.box.w >= least_px and all(found.box.overlap(plate) < _APART for plate in plates):
            view = window_of(found.box)
            quad = view.to_view(quad_of(found.box))
            (x1, y1), (x2, y2) = quad[0].tolist(), quad[2].tolist()
            made.append(Window(image=shown(image, view, PAD_VALUE), box=(x1, y1, x2, y2), quad=None))
    return made
