# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthetic training set: images and labels made from real train scenes and drawn plates.

Every image depends on the seed and its own number alone, so an interrupted run goes on where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from scripts.training.detector.distractors import distract
from scripts.training.detector.folder import Folder, read_labels, read_picture
from scripts.training.detector.scenes import Image, Scene, drawn_street, pasted
from scripts.training.detector.swap import swap_plates, without_plate

JPEG_QUALITY = 88


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Real train images to work on."""

    with_plates: tuple[Path, ...]
    without_plates: tuple[Path, ...]
    labels: Path


Maker = Callable[[Sources, np.random.Generator], Scene]
"""Makes one training image."""


def sources_of(folder: Folder) -> Sources:
    """Split the train images of `folder` into those with plates and those without."""
    with_plates: list[Path] = []
    without: list[Path] = []
    for picture in folder.train:
        label = folder.labels / f"{picture.stem}.txt"
        holds = label.exists() and label.stat().st_size > 0
        (with_plates if holds else without).append(picture)
    return Sources(with_plates=tuple(with_plates), without_plates=tuple(without), labels=folder.labels)


def compose(
    sources: Sources, out: Path, count: int, seed: int, tell: Callable[[str], None], make: Maker | None = None
) -> tuple[Path, ...]:
    """Make `count` images with labels under `out` (images/, labels/) and return the images' paths."""
    make = make or make_scene
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "labels").mkdir(parents=True, exist_ok=True)
    pictures = tuple(out / "images" / f"drawn_{seed}_{number:05d}.jpg" for number in range(count))
    for number, picture in enumerate(pictures):
        label = out / "labels" / f"{picture.stem}.txt"
        # The image is written last: its presence means that both are whole.
        if not picture.exists():
            _write(make(sources, np.random.default_rng((seed, number))), picture, label)
        if (number + 1) % 100 == 0:
            tell(f"drawn {number + 1} of {count} training pictures")
    return pictures


def make_scene(sources: Sources, rng: np.random.Generator) -> Scene:
    """One training image: half real scenes with new plates, the rest drawn streets, pastes and images without."""
    dice = rng.random()
    if dice < 0.5:
        scene = _swapped(sources, rng)
    elif dice < 0.75:
        scene = drawn_street(rng, ((640, 384), (576, 432), (640, 360))[int(rng.integers(3))])
    elif dice < 0.87:
        scene = pasted(_background(sources, rng), rng)
    else:
        return Scene(image=distract(_background(sources, rng), rng), boxes=())
    if rng.random() < 0.35:
        return Scene(image=distract(scene.image, rng, scene.boxes), boxes=scene.boxes)
    return scene


def _swapped(sources: Sources, rng: np.random.Generator) -> Scene:
    image, boxes = real_picture(sources, rng)
    return swap_plates(image, boxes, rng)


def _background(sources: Sources, rng: np.random.Generator) -> Image:
    """An image without any plate: a real one, a drawn street, or a real vehicle whose plate is painted over."""
    dice = rng.random()
    if dice < 0.6 and sources.without_plates:
        return read_picture(sources.without_plates[int(rng.integers(len(sources.without_plates)))])
    if dice < 0.85:
        return drawn_street(rng, plated=0.0).image
    image, boxes = real_picture(sources, rng)
    for box in boxes:
        image = without_plate(image, (float(box[0]), float(box[1]), float(box[2]), float(box[3])))
    return image


def real_picture(sources: Sources, rng: np.random.Generator) -> tuple[Image, npt.NDArray[np.float32]]:
    """A train image with plates, and their boxes."""
    picture = sources.with_plates[int(rng.integers(len(sources.with_plates)))]
    image = read_picture(picture)
    return image, read_labels(sources.labels / f"{picture.stem}.txt", image.shape[1], image.shape[0])


def _write(scene: Scene, picture: Path, label: Path) -> None:
    height, width = scene.image.shape[:2]
    rows = []
    for x1, y1, x2, y2 in scene.boxes:
        middle = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height)
        rows.append(f"0 {middle[0]:.6f} {middle[1]:.6f} {(x2 - x1) / width:.6f} {(y2 - y1) / height:.6f}\n")
    label.write_text("".join(rows), encoding="ascii")
    unfinished = picture.with_suffix(".part.jpg")
    cv2.imwrite(str(unfinished), scene.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    unfinished.replace(picture)
