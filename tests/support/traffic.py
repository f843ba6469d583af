# SPDX-License-Identifier: AGPL-3.0-or-later
"""Films whose pictures say what is in them, and a plate_finder that reads it there: the reader without its models."""

import os
from pathlib import Path

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found
from scripts.lab.transits import plate_of

SEEN, UNSEEN = 5, 12
"""Frames of one vehicle, and of the empty road after it: longer than `lost_after_s` at 10 frames a second."""


def draw_traffic(folder: Path, vehicles: int, rounds: int = 1, first: int = 0) -> int:
    """A film as a folder of images, in which `vehicles` pass, `rounds` times; the number of passes in it.

    The first pixel names the vehicle, counted from `first`, its step, and whether it can be seen.
    """
    folder.mkdir(parents=True)
    for vehicle in range(vehicles):
        for step in range(SEEN + UNSEEN):
            image = np.full((96, 160, 3), 20 * step % 256, np.uint8)
            image[0, 0] = (first + vehicle, step, 255 if step < SEEN else 0)
            number = vehicle * (SEEN + UNSEEN) + step
            cv2.imwrite(str(folder / f"frame-{number}.png"), image)
    once = vehicles * (SEEN + UNSEEN)
    for number in range(once, once * rounds):
        os.link(folder / f"frame-{number % once}.png", folder / f"frame-{number}.png")
    return vehicles * rounds


class ScriptedLooker:
    """Sees the one plate that the first pixel of a picture names."""

    def find(self, image: Image) -> Found:
        _, step, shown = (int(value) for value in image[0, 0])
        box = Box(x=40.0, y=20.0 + 10 * step, w=60.0, h=12.0)
        return Found(detections=(Detection(box=box, score=0.9),) if shown else (), rejected=())

    def read_box(self, image: Image, detection: Detection, _: int) -> PlateRead:
        text = plate_of(int(image[0, 0, 0]))
        return PlateRead(
            text=text,
            raw=text,
            confidence=0.98,
            box=detection.box,
            detector_score=detection.score,
            candidates=(Candidate(text=text, probability=0.98),),
        )
