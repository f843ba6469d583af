# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthetic windows: drawn plates and boards laid in perspective into real images."""

from collections.abc import Sequence

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.drawing import Damage, degrade, draw_plate, random_style
from anpr.reader.rectify.quad import Quad, homography, mapped
from anpr.reader.rectify.view import GROWN, View, shown, view_of
from scripts.training.detector.compose import Sources, real_picture
from scripts.training.detector.folder import read_picture
from scripts.training.detector.scenes import perhaps_dark, random_kind
from scripts.training.detector.swap import without_plate
from scripts.training.recogniser.data.rectified import bodywork
from scripts.training.rectifier.boards import board
from scripts.training.rectifier.camera import seen_corners
from scripts.training.rectifier.panel import Panel
from scripts.training.rectifier.shape import PAD_VALUE, STORE, WIDTH
from scripts.training.rectifier.store import Window

DAMAGE = Damage(blur=0.25, motion=0.12, night=0.1, infrared=0.1, glare=0.06, shadow=0.2, noise=0.35, coarse=0.45,
                blocks=0.4)  # fmt: skip
_REACH = WIDTH / GROWN
"""px of a window that a plate's hull is wide, as the reader shows it."""
_SQUARE_SHARE = 0.22
_CUT_SHARE = 0.05
"""Of the windows lie at the image's edge."""
_HIDDEN_SHARE = 0.08
"""Of the plates have something before them."""


def drawn_panel(rng: np.random.Generator) -> Panel:
    """A drawn plate, framed or not."""
    plate = draw_plate(random_kind(rng, bool(rng.random() < _SQUARE_SHARE)), rng=rng, style=random_style(rng, 0.7))
    return Panel(image=perhaps_dark(plate.image, rng), part=plate.rect, lines=plate.lines)


def composed(sources: Sources, panels: Sequence[Panel], rng: np.random.Generator) -> Window:
    """A window with one of `characters`, or (one time in six) with a board that is no plate."""
    is_plate = bool(rng.random() < 0.84)
    panel = panels[int(rng.integers(len(panels)))] if is_plate else board(rng)
    ground, light = _ground(sources, rng)
    quad = _placed(panel, rng)
    lit = np.clip(panel.image * light * rng.uniform(0.75, 1.1), 0, 255).astype(np.uint8)
    # OpenCV draws by the middles of pixels; our corners count from the first pixel's edge.
    image = _laid(ground, lit, np.asarray(_outer(panel, quad) - 0.5, np.float32), rng)
    if rng.random() < _HIDDEN_SHARE:
        image = _partly_hidden(image, quad, rng)
    image = degrade(image, rng, DAMAGE)
    if rng.random() < _CUT_SHARE:
        image = _at_the_edge(image, quad, rng)
    (x1, y1), (x2, y2) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
    return Window(image=image, box=(x1, y1, x2, y2), quad=quad if is_plate else None, lines=panel.lines)


def _placed(panel: Panel, rng: np.random.Generator) -> Quad:
    """The corners of the character's plate in the window: about as large there as the reader will show it."""
    x1, y1, x2, y2 = panel.part
    corners = seen_corners((x2 - x1) / (y2 - y1) * rng.uniform(0.92, 1.08), rng)
    low, high = corners.min(axis=0), corners.max(axis=0)
    width, height = STORE
    wide = max(high[0] - low[0], (high[1] - low[1]) * width / height)
    middle = np.array([width, height]) / 2 + rng.normal(0, 3, 2)
    return np.asarray((corners - (low + high) / 2) * _REACH / wide * rng.uniform(0.85, 1.1) + middle, np.float32)


def _outer(panel: Panel, quad: Quad) -> Quad:
    """Where the corners of the whole character (with its frame) come to lie when those of its plate lie on `quad`."""
    x1, y1, x2, y2 = (float(v) for v in panel.part)
    plate = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float64)
    height, width = (float(v) for v in panel.image.shape[:2])
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    return mapped(whole, homography(plate, quad.astype(np.float64)))


def _laid(ground: Image, panel: Image, quad: Quad, rng: np.random.Generator) -> Image:
    """The panel over the ground, shrunk first so that it does not alias, a little soft, its recess' shadow at times."""
    wide = max(8.0, float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])))
    scale = min(1.0, wide / panel.shape[1])
    size = (max(4, round(panel.shape[1] * scale)), max(4, round(panel.shape[0] * scale)))
    small = cv2.resize(panel, size, interpolation=cv2.INTER_AREA)
    source = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    turn = cv2.getPerspectiveTransform(source, quad)
    if rng.random() < 0.25:
        small = _shaded(np.asarray(small, np.uint8), rng)
    extent = (ground.shape[1], ground.shape[0])
    laid = cv2.warpPerspective(small, turn, extent, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros(ground.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.rint(quad * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = cv2.GaussianBlur(cover, (0, 0), float(rng.uniform(0.3, 0.9)))[..., None].astype(np.float32) / 255
    return np.asarray(np.rint(ground * (1 - share) + laid * share), np.uint8)


def _shaded(plate: Image, rng: np.random.Generator) -> Image:
    """Its upper part in the shadow of a recess or a bumper."""
    rows = np.arange(plate.shape[0])[:, None, None] / plate.shape[0]
    dark = 1 - rng.uniform(0.25, 0.65) * (rows < rng.uniform(0.1, 0.6))
    return np.asarray(np.rint(plate * dark), np.uint8)


def _partly_hidden(image: Image, quad: Quad, rng: np.random.Generator) -> Image:
    """A tow bar, a branch, a rail before the plate."""
    out = image.copy()
    x, y = quad.mean(axis=0) + rng.normal(0, 25, 2)
    tone = tuple(int(v) for v in np.clip(rng.integers(0, 140) + rng.normal(0, 12, 3), 0, 255))
    if rng.random() < 0.5:
        cv2.circle(out, (int(x), int(y + 10)), int(rng.integers(4, 13)), tone, -1, cv2.LINE_AA)
    else:
        away = rng.normal(0, 60, 2)
        ends = ((int(x - away[0]), int(y - away[1])), (int(x + away[0]), int(y + away[1])))
        cv2.line(out, *ends, tone, int(rng.integers(2, 7)), cv2.LINE_AA)
    return out


def _at_the_edge(image: Image, quad: Quad, rng: np.random.Generator) -> Image:
    """The window with the image's edge running through or beside the plate; its corners stay where they were."""
    out = image.copy()
    low, high = quad.min(axis=0), quad.max(axis=0)
    inside = rng.uniform(-0.1, 0.4)
    x1, x2 = int(low[0] + inside * (high[0] - low[0])), int(high[0] - inside * (high[0] - low[0]))
    y2 = int(high[1] - inside * (high[1] - low[1]))
    side = rng.integers(3)
    part = (slice(None), slice(0, max(0, x1))) if side == 0 else (slice(None), slice(x2, None))
    out[part if side < 2 else (slice(max(0, y2), None), slice(None))] = PAD_VALUE
    return out


def _ground(sources: Sources, rng: np.random.Generator) -> tuple[Image, float]:
    """Surroundings as large as a window, and how bright a white plate is there."""
    dice = rng.random()
    if dice < 0.1:
        return bodywork(STORE, rng), float(rng.uniform(0.5, 1.0))
    if dice < 0.25 and sources.without_plates:
        return _anywhere(read_picture(sources.without_plates[int(rng.integers(len(sources.without_plates)))]), rng)
    image, boxes = real_picture(sources, rng)
    x1, y1, x2, y2 = (float(v) for v in boxes[int(rng.integers(len(boxes)))])
    if x2 - x1 < 24 or y2 - y1 < 6:
        return _anywhere(image, rng)
    box = Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1)
    part = np.percentile(image[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1], 80)
    view = window_of(box)
    ground = shown(image, view, PAD_VALUE)
    (a, b), (c, d) = view.to_view(np.array([(x1, y1), (x2, y2)], np.float32)).tolist()
    return without_plate(ground, (max(0.0, a), max(0.0, b), c, d)), float(np.clip(part / 225, 0.3, 1.05))


def window_of(box: Box) -> View:
    """The window of the store around a box: one and a half of the reader's views."""
    return view_of(box, *STORE, grown=GROWN * STORE[0] / WIDTH)


def _anywhere(image: Image, rng: np.random.Generator) -> tuple[Image, float]:
    """Any part of the image."""
    height, width = image.shape[:2]
    across = float(rng.uniform(0.25, 0.7)) * width
    x, y = rng.uniform(0, max(1, width - across)), rng.uniform(0, max(1, height - across * STORE[1] / STORE[0]))
    view = View(x=float(x), y=float(y), scale=STORE[0] / across, width=STORE[0], height=STORE[1])
    ground = shown(image, view, PAD_VALUE)
    return ground, float(np.clip(np.percentile(ground, 85) / 200, 0.35, 1.0))
