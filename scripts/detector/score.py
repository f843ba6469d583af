"""Score an exported detector on labelled pictures: mAP50, recall and precision, and recall by plate width.

Runs the ONNX file itself, at its own input size, so the figures are those of the weights that ship.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

Boxes = npt.NDArray[np.float32]
"""Rows of x1, y1, x2, y2 (and, for predictions, score) in pixels of the picture."""

PAD_VALUE = 114
"""Grey put around a letterboxed picture: the value the network was trained with."""

WIDTH_EDGES_PX = (0, 24, 40, 64, 100, 160, 10_000)
"""Plate widths, in pixels of the network input, between which recall is told apart."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One labelled picture: its predictions and its true boxes, both in pixels of the picture."""

    predicted: Boxes
    truth: Boxes
    scale: float
    """Pixels of network input per pixel of the picture."""


def letterbox(image: npt.NDArray[np.uint8], width: int, height: int) -> tuple[npt.NDArray[np.float32], float, int, int]:
    """A BGR picture as (1, 3, height, width) RGB in 0..1, with its scale and the left and top padding in px."""
    scale = min(width / image.shape[1], height / image.shape[0])
    w, h = round(image.shape[1] * scale), round(image.shape[0] * scale)
    resized = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - w) // 2, (height - h) // 2
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    canvas[top : top + h, left : left + w] = resized
    blob = canvas[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255.0
    return np.ascontiguousarray(blob), scale, left, top


def decode(raw: npt.NDArray[np.float32], least_score: float, overlap: float = 0.6) -> Boxes:
    """Raw network output (1, 5, N), rows cx cy w h score, as (M, 5) x1 y1 x2 y2 score after suppression."""
    rows = raw[0].T
    rows = rows[rows[:, 4] >= least_score]
    boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2, rows[:, 4:5]], axis=1)
    boxes = boxes[np.argsort(-boxes[:, 4])]
    kept: list[Boxes] = []
    while len(boxes):
        best, boxes = boxes[0], boxes[1:]
        kept.append(best)
        boxes = boxes[overlaps(best[None, :4], boxes[:, :4])[0] < overlap]
    return np.array(kept, np.float32).reshape(-1, 5)


def overlaps(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """Intersection over union of every box of `a` with every box of `b`, shape (len(a), len(b))."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(a[:, 2:4] - a[:, :2], axis=1)
    area_b = np.prod(b[:, 2:4] - b[:, :2], axis=1)
    union: npt.NDArray[np.float32] = area_a[:, None] + area_b[None] - shared
    ratio: npt.NDArray[np.float32] = shared / np.maximum(union, 1e-9)
    return ratio


def read_labels(path: Path, width: int, height: int) -> Boxes:
    """True boxes of a YOLO label file as (N, 4) x1 y1 x2 y2 in px; an absent or empty file means no plate."""
    text = path.read_text(encoding="ascii").strip() if path.exists() else ""
    rows = np.array([[float(v) for v in line.split()[1:5]] for line in text.splitlines()], np.float32).reshape(-1, 4)
    rows *= np.array([width, height, width, height], np.float32)
    return np.concatenate([rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2], axis=1)


def look(weights: Path, images: Sequence[Path], labels: Path, least_score: float = 0.001) -> list[Picture]:
    """Run the ONNX file `weights` over `images`, whose labels are `labels`/<name>.txt."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    height, width = entry.shape[2:]
    pictures = []
    for path in images:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise FileNotFoundError(f"no readable picture at {path}")
        blob, scale, left, top = letterbox(np.asarray(image, np.uint8), width, height)
        found = decode(session.run(None, {entry.name: blob})[0], least_score)
        found[:, :4] = (found[:, :4] - np.array([left, top, left, top], np.float32)) / scale
        truth = read_labels(labels / f"{path.stem}.txt", image.shape[1], image.shape[0])
        pictures.append(Picture(predicted=found, truth=truth, scale=scale))
    return pictures


def match(picture: Picture, least_overlap: float = 0.5) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """Which predictions hit a true box of their own, best score first, and each true box's score (0: missed)."""
    hit = np.zeros(len(picture.predicted), bool)
    found = np.zeros(len(picture.truth), np.float32)
    table = overlaps(picture.predicted[:, :4], picture.truth)
    for row in np.argsort(-picture.predicted[:, 4]):
        free = np.where(found == 0, table[row], 0) if len(found) else table[row]
        if len(free) and free.max() >= least_overlap:
            hit[row] = True
            found[free.argmax()] = picture.predicted[row, 4]
    return hit, found


def average_precision(scores: npt.NDArray[np.float32], hits: npt.NDArray[np.bool_], truths: int) -> float:
    """Area under the interpolated precision-recall curve (101 points, as COCO)."""
    order = np.argsort(-scores, kind="stable")
    good = np.cumsum(hits[order])
    recall = good / max(truths, 1)
    precision = good / np.arange(1, len(order) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean([envelope[i] if i < len(envelope) else 0.0 for i in at]))


def figures(pictures: Iterable[Picture], thresholds: Sequence[float] = (0.1, 0.25, 0.4)) -> dict[str, object]:
    """mAP50, recall and precision at each threshold, and recall by plate width, over all `pictures`."""
    hits, scores, found, widths = [], [], [], []
    for picture in pictures:
        hit, seen = match(picture)
        hits.append(hit)
        scores.append(picture.predicted[:, 4])
        found.append(seen)
        widths.append((picture.truth[:, 2] - picture.truth[:, 0]) * picture.scale)
    hit, score = np.concatenate(hits), np.concatenate(scores)
    seen, width = np.concatenate(found), np.concatenate(widths)
    return {
        "n_images": len(hits),
        "n_plates": len(seen),
        "map50": round(average_precision(score, hit, len(seen)), 4),
        "at": {str(t): _at(t, hit, score, seen) for t in thresholds},
        "recall_by_input_width_px": _by_width(seen, width, thresholds[0]),
    }


def _at(
    threshold: float, hit: npt.NDArray[np.bool_], score: npt.NDArray[np.float32], seen: npt.NDArray[np.float32]
) -> dict[str, float]:
    said = score >= threshold
    return {
        "recall": round(float(np.mean(seen >= threshold)) if len(seen) else 0.0, 4),
        "precision": round(float(np.mean(hit[said])) if said.any() else 0.0, 4),
    }


def _by_width(
    seen: npt.NDArray[np.float32], width: npt.NDArray[np.float32], threshold: float
) -> dict[str, dict[str, float]]:
    buckets = {}
    for low, high in pairwise(WIDTH_EDGES_PX):
        inside = (width >= low) & (width < high)
        if inside.any():
            share = round(float(np.mean(seen[inside] >= threshold)), 4)
            buckets[f"{low}-{high}"] = {"n": int(inside.sum()), "recall": share}
    return buckets
