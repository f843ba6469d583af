# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark films: 1080p at 25 frames a second, a plate in a given share of them (UltimateALPR's protocol)."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.drawing.plate import draw_plate

WIDTH, HEIGHT, RATE = 1920, 1080, 25
BLOCK = 100
"""Frames: in each block the vehicle is there for its share of them, then the road lies empty."""
_PLATE_PX = 160
_PASTED = 640
"""Vehicles px wide."""
_NOISE = 3
"""Levels of 255 either way: a camera's by day."""


def write_film(path: Path, share: float, frames: int, *, restless: bool = False) -> Path:
    """Write `frames` frames as H.264. `restless`: something without a plate moves through every frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for image in _images(share, frames, restless):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def _images(share: float, frames: int, restless: bool) -> Iterator[Image]:
    rng = np.random.default_rng(7)
    road = cv2.GaussianBlur(rng.integers(60, 150, (HEIGHT, WIDTH, 3)).astype(np.uint8), (0, 0), 5)
    noise = rng.integers(-_NOISE, _NOISE + 1, (4, HEIGHT, WIDTH, 3)).astype(np.int16)
    car = _car()
    for number in range(frames):
        image = np.clip(road.astype(np.int16) + noise[number % 4], 0, 255).astype(np.uint8)
        if number % BLOCK < round(share * BLOCK):
            step = number % BLOCK
            x, y = 300 + 8 * step, 200 + 3 * step
            image[y : y + car.shape[0], x : x + car.shape[1]] = car
        if restless:
            x = 20 + (number * 9) % (WIDTH - 200)
            image[900:1000, x : x + 120] = (40, 90, 40)
        yield image


def _car() -> Image:
    """The back of a dark car with its plate."""
    car = np.full((420, _PASTED, 3), (60, 45, 40), np.uint8)
    cv2.rectangle(car, (60, 20), (580, 170), (90, 85, 80), -1)
    for x in (20, 540):
        cv2.rectangle(car, (x, 200), (x + 80, 260), (40, 40, 180), -1)
    drawn = draw_plate("it_car", text="GB456MN", rng=np.random.default_rng(1))
    x1, y1, x2, y2 = drawn.rect
    plate = drawn.image[y1:y2, x1:x2]
    height = round(plate.shape[0] * _PLATE_PX / plate.shape[1])
    left = (_PASTED - _PLATE_PX) // 2
    car[300 : 300 + height, left : left + _PLATE_PX] = cv2.resize(
        plate, (_PLATE_PX, height), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.GaussianBlur(car, (3, 3), 0.7), np.uint8)
