# SPDX-License-Identifier: AGPL-3.0-or-later
"""Model card of the detector: inputs, outputs, scores, and what it must not be used for."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

PAD_VALUE = 114
"""Grey put around a letterboxed image: the value the network is trained with."""

LICENCE = "AGPL-3.0-or-later (trained with Ultralytics YOLO11, AGPL-3.0)"

ARCHITECTURE = "YOLO11n, boxes as four distances"

LIMITS = [
    "Finds plates, not vehicles: one class, one score, no country and no text.",
    "Plates narrower than 24 px of network input are mostly missed: a camera must give more.",
    "Writing on vehicles, shop signs and lamps can score above 0.25: check the geometry of a box and its text.",
    "det_val has the pictures' labels as delivered, which lack one plate in eleven: det_val_mended has them put right "
    "by eye, plates that neither person nor network saw excepted.",
    "Trained on pictures of many countries without Italian plates, and on drawn Italian plates; no figures for "
    "rain, fog or infra-red cameras exist yet.",
]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the trainer knows of the weights it has just exported."""

    version: str
    width: int
    height: int
    cells: int
    """N of the output (1, 5, N)."""
    training: dict[str, Any]
    scores: dict[str, Any]
    created: datetime


def network_input(width: int, height: int) -> dict[str, Any]:
    """What the network wants to see."""
    return {
        "width": width,
        "height": height,
        "layout": "NCHW",
        "colour": "RGB",
        "scale": 1 / 255,
        "pad_value": PAD_VALUE,
    }


def write_card(weights: Path, facts: Facts) -> Path:
    """Write the card `<weights>.json` beside the ONNX file `weights` and return its path."""
    card = {
        "name": weights.stem,
        "version": facts.version,
        "task": "detect",
        "architecture": ARCHITECTURE,
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input": network_input(facts.width, facts.height),
        "output": {"shape": [1, 5, facts.cells], "format": "cx cy w h score, in px of the input, before suppression"},
        "classes": ["plate"],
        "training": facts.training,
        "scores": facts.scores,
        "licence": LICENCE,
        "limits": LIMITS,
        "created": facts.created.isoformat(timespec="seconds"),
    }
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
