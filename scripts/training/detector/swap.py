# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate replacement: real scenes whose plates give way to drawn Italian ones."""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.drawing import Damage, degrade, draw_plate, place_on, random_style
from scripts.training.detector.scenes import Box, Image, Scene, perhaps_dark, random_kind

_TWO_LINE_BELOW = 2.3
"""Boxes less wide than this many heights get a two-line plate."""

_AFTERWARDS = Damage(blur=0.15, motion=0.08, night=0.1, infrared=0.1, glare=0.05, shadow=0.1, noise=0.25, blocks=0.3)


def swap_plates(image: Image, boxes: npt.NDArray[np.float32], rng: np.random.Generator) -> Scene:
    """Replace what lies in every one of `boxes` ((N, 4) x1 y1 x2 y2 px) by a drawn plate of the same size and light."""
    made: list[Box] = []
    for box in boxes:
        x1, y1, x2, y2 = (float(v) for v in box)
        if x2 - x1 < 12 or y2 - y1 < 5:
            made.append((x1, y1, x2, y2))
            continue
        light = _brightness(image, (x1, y1, x2, y2))
        image = without_plate(image, (x1, y1, x2, y2))
        image, seen = _new_plate(image, (x1, y1, x2, y2), light, rng)
        made.append(seen)
    return Scene(image=degrade(image, rng, _AFTERWARDS), boxes=tuple(made))


def without_plate(image: Image, box: Box) -> Image:
    """Paint the plate over with its surroundings, so that nothing of it shows beside the drawn one."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * 0.06 + 1, (y2 - y1) * 0.12 + 1
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.rectangle(mask, (int(x1 - dx), int(y1 - dy)), (int(x2 + dx), int(y2 + dy)), 255, -1)
    left, top = max(0, int(x1 - 4 * dx)), max(0, int(y1 - 4 * dy))
    part = (slice(top, int(y2 + 4 * dy)), slice(left, int(x2 + 4 * dx)))
    out = image.copy()
    out[part] = cv2.inpaint(image[part], mask[part], 3, cv2.INPAINT_TELEA)
    return out


def _brightness(image: Image, box: Box) -> npt.NDArray[np.float64]:
    """The colour of the old plate's ground, blue green red over 235: day, dusk, lamp."""
    x1, y1, x2, y2 = (int(v) for v in box)
    part = image[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1].reshape(-1, 3)
    ground = np.percentile(part, 80, axis=0) / 235
    # A yellow or red plate must not tint the white one wholly.
    light: npt.NDArray[np.float64] = np.clip(0.5 * ground + 0.5 * ground.mean(), 0.25, 1.05)
    return light


def _new_plate(image: Image, box: Box, light: npt.NDArray[np.float64], rng: np.random.Generator) -> tuple[Image, Box]:
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    kind = random_kind(rng, width / height < _TWO_LINE_BELOW)
    plate = draw_plate(kind, rng=rng, style=random_style(rng))
    lit = np.clip(perhaps_dark(plate.image, rng) * light, 0, 255).astype(np.uint8)
    sigma = plate.image.shape[1] / width * float(rng.uniform(0.2, 0.8))
    soft = np.asarray(cv2.GaussianBlur(lit, (0, 0), sigma), np.uint8)
    w = width * float(rng.uniform(0.95, 1.1))
    upright = w * soft.shape[0] / soft.shape[1]
    # A box taller than the plate is a plate seen askew: lean the drawn one as far as its box allows.
    lean = np.clip((height - upright) / w, 0, 0.3) * w * (1 if rng.random() < 0.5 else -1)
    cx, cy, half = (x1 + x2) / 2, (y1 + y2) / 2, upright / 2
    quad = [
        (cx - w / 2, cy - half - lean / 2),
        (cx + w / 2, cy - half + lean / 2),
        (cx + w / 2, cy + half + lean / 2),
        (cx - w / 2, cy + half - lean / 2),
    ]
    return place_on(image, soft, quad, plate.rect)
