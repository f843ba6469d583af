# SPDX-License-Identifier: AGPL-3.0-or-later
"""Score an exported detector on labelled images: mAP50, recall and precision, and both by plate width.

Runs the shipped file through the reader's own letterbox, network and suppression, at the input size of its
card, so the figures are those of the product.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from anpr.reader.detect.detector import NetworkDetector
from anpr.reader.detect.letterbox import letterbox
from anpr.reader.network.model_card import NetworkInput
from anpr.reader.network.onnx import OnnxNetwork
from scripts.training.detector.folder import read_labels, read_picture

Boxes = npt.NDArray[np.float32]
"""Rows of x1, y1, x2, y2 (and, for predictions, score) in pixels of the image."""
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

WIDTH_EDGES_PX = (0, 24, 40, 64, 100, 160, 10_000)
"""Plate widths, in pixels of the network input, between which the figures are told apart."""
THRESHOLDS = (0.1, 0.25, 0.4)
USUAL = 0.25
"""The reader's own threshold, unless it is told another."""
LEAST_SCORE = 0.001
HIT_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One labelled image: its predictions and its true boxes, both in pixels of the image."""

    predicted: Boxes
    truth: Boxes
    scale: float
    """Pixels of network input per pixel of the image."""


def look(weights: Path, wanted: NetworkInput, images: Sequence[Path], labels: Path) -> list[Picture]:
    """Run the ONNX file `weights` over `images`, whose labels are `labels`/<name>.txt."""
    detector = NetworkDetector(OnnxNetwork(weights, threads=max(1, cv2.getNumberOfCPUs())), wanted, LEAST_SCORE)
    pictures = []
    for path in images:
        image = read_picture(path)
        found = [(d.box.x, d.box.y, d.box.x + d.box.w, d.box.y + d.box.h, d.score) for d in detector.detect(image)]
        predicted = np.array(found, np.float32).reshape(-1, 5)
        truth = read_labels(labels / f"{path.stem}.txt", image.shape[1], image.shape[0])
        pictures.append(Picture(predicted=predicted, truth=truth, scale=letterbox(image, wanted)[1].scale))
    return pictures


def with_labels(pictures: Iterable[Picture], images: Sequence[Path], labels: Path) -> list[Picture]:
    """What was found in `images`, held against the labels of another folder."""
    made = []
    for picture, path in zip(pictures, images, strict=True):
        height, width = read_picture(path).shape[:2]
        made.append(replace(picture, truth=read_labels(labels / f"{path.stem}.txt", width, height)))
    return made


def overlaps(a: Boxes, b: Boxes) -> Floats:
    """Intersection over union of every box of `a` with every box of `b`, shape (len(a), len(b))."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(a[:, 2:4] - a[:, :2], axis=1)
    area_b = np.prod(b[:, 2:4] - b[:, :2], axis=1)
    ratio: Floats = shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9)
    return ratio


def match(picture: Picture) -> tuple[Flags, Floats]:
    """Which predictions hit a true box of their own, best score first, and each true box's score (0: missed)."""
    hit = np.zeros(len(picture.predicted), bool)
    found = np.zeros(len(picture.truth), np.float32)
    table = overlaps(picture.predicted[:, :4], picture.truth)
    for row in np.argsort(-picture.predicted[:, 4]):
        free = np.where(found == 0, table[row], 0)
        if len(free) and free.max() >= HIT_OVERLAP:
            hit[row] = True
            found[free.argmax()] = picture.predicted[row, 4]
    return hit, found


def average_precision(scores: Floats, hits: Flags, truths: int) -> float:
    """Area under the interpolated precision-recall curve (101 points, as COCO)."""
    order = np.argsort(-scores, kind="stable")
    good = np.cumsum(hits[order])
    recall = good / max(truths, 1)
    precision = good / np.arange(1, len(order) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean([envelope[i] if i < len(envelope) else 0.0 for i in at]))


def figures(pictures: Iterable[Picture]) -> dict[str, Any]:
    """mAP50, recall and precision at each of THRESHOLDS, and both by plate width, over all `images`."""
    hits, scores, found, widths, widths_said = [], [], [], [], []
    for picture in pictures:
        hit, seen = match(picture)
        hits.append(hit)
        scores.append(picture.predicted[:, 4])
        found.append(seen)
        widths.append((picture.truth[:, 2] - picture.truth[:, 0]) * picture.scale)
        widths_said.append((picture.predicted[:, 2] - picture.predicted[:, 0]) * picture.scale)
    all_hits, all_scores, all_found = np.concatenate(hits), np.concatenate(scores), np.concatenate(found)
    said = all_scores >= USUAL
    return {
        "n_images": len(hits),
        "n_plates": len(all_found),
        "map50": round(average_precision(all_scores, all_hits, len(all_found)), 4),
        "at_score": {str(t): _at(t, all_hits, all_scores, all_found) for t in THRESHOLDS},
        "by_input_width_px": _by_width(
            (all_found >= USUAL, np.concatenate(widths)), (all_hits[said], np.concatenate(widths_said)[said])
        ),
    }


def _at(threshold: float, hits: Flags, scores: Floats, found: Floats) -> dict[str, float]:
    said = scores >= threshold
    return {"recall": _share(found >= threshold), "precision": _share(hits[said])}


def _by_width(plates: tuple[Flags, Floats], boxes: tuple[Flags, Floats]) -> dict[str, dict[str, float]]:
    """Of the plates of each width bucket the share found, of the boxes the share that is right."""
    buckets = {}
    for low, high in pairwise(WIDTH_EDGES_PX):
        (found, right) = (good[(widths >= low) & (widths < high)] for good, widths in (plates, boxes))
        if len(found) or len(right):
            buckets[f"{low}-{high}"] = {
                "plates": len(found), "recall": _share(found), "boxes": len(right), "precision": _share(right),
            }  # fmt: skip
    return buckets


def _share(flags: Flags) -> float:
    return round(float(np.mean(flags)), 4) if len(flags) else 0.0
