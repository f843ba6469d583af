# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn images of a street, and what dirt, night and weather make of them."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def street(seed: int = 1, width: int = 1280, height: int = 720) -> Image:
    """Asphalt, houses with windows, kerbs; a little noise, as every sensor has."""
    random = np.random.default_rng(seed)
    image = np.full((height, width, 3), 105, np.uint8)
    cv2.rectangle(image, (0, 0), (width, height // 3), (205, 190, 180), -1)
    for _ in range(260):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        w, h = int(random.integers(6, 60)), int(random.integers(6, 40))
        cv2.rectangle(image, (x, y), (x + w, y + h), [int(level) for level in random.integers(20, 235, 3)], -1)
    return noisy(image, seed)


def noisy(image: Image, seed: int = 1, sigma: float = 2.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def blurred(image: Image, sigma_px: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def dimmed(image: Image, share: float) -> Image:
    return noisy((image * share).astype(np.uint8))


def lorry(image: Image, share: float) -> Image:
    """Its plain side hides this share of the image."""
    covered = image.copy()
    covered[:, : int(image.shape[1] * share)] = (140, 140, 150)
    return noisy(covered)


def headlights(image: Image) -> Image:
    """Two glaring lamps and their halo."""
    height, width = image.shape[:2]
    glow = np.zeros_like(image)
    for x in (width // 3, width // 2):
        cv2.circle(glow, (x, height // 2), height // 6, (255, 255, 255), -1)
    return np.asarray(cv2.add(image, cv2.GaussianBlur(glow, (0, 0), height / 12)), np.uint8)


def labelled(image: Image) -> Image:
    """With the time and the camera's name written into two corners, as cameras do."""
    written = image.copy()
    height, width = image.shape[:2]
    for text, at in (("21-11-2026 10:00:00", (8, 40)), ("CAM 03 VIA ROMA", (width - 330, height - 16))):
        cv2.putText(written, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    return written


def frame(image: Image, at_s: float) -> Frame:
    return Frame(
        camera_id="cam-s", image=image, captured_at=START + timedelta(seconds=at_s), index=int(at_s * 10), at_s=at_s
    )
