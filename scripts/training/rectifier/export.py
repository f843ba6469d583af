# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the trained corner network to ONNX, with its model card."""

import hashlib
import json
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from scripts.training.rectifier.network import CornerNetwork, Exported
from scripts.training.rectifier.shape import HEIGHT, OUTPUTS, PAD_VALUE, WIDTH

OPSET = 17
LICENCE = "AGPL-3.0-or-later (started from the plate detector, trained with Ultralytics YOLO11, AGPL-3.0)"
LIMITS = [
    "Wants a detector's box that holds most of the plate; a plate beside it is not looked for.",
    "Corners of real plates were marked by eye on few pictures and by the network itself on many.",
    "Motorcycle plates of Italy were drawn; no real ones could be had.",
    "A plate that the picture's edge cuts is given corners beyond the edge, which are a guess.",
]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the trainer knows of the weights."""

    version: str
    training: dict[str, Any]
    scores: dict[str, Any]
    created: datetime


def export_onnx(network: CornerNetwork, out: Path) -> Path:
    """Write `out`: one view (1, 3, HEIGHT, WIDTH) in, one row (1, OUTPUTS) out."""
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Exported(network).eval().to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of its own coming end, and of shapes that are fixed here
        torch.onnx.export(
            made, (torch.zeros(1, 3, HEIGHT, WIDTH),), str(out), input_names=["view"], output_names=["corners"],
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return out


def write_card(weights: Path, network: CornerNetwork, facts: Facts) -> Path:
    """Write the card `<weights>.json` beside the ONNX file and return its path."""
    learnt = sum(parameter.numel() for parameter in network.parameters())
    card = {
        "name": weights.stem,
        "version": facts.version,
        "task": "rectify",
        "architecture": f"first layers of YOLO11n, integral corner maps, {learnt:,} parameters",
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input": {
            "width": WIDTH,
            "height": HEIGHT,
            "layout": "NCHW",
            "colour": "RGB",
            "scale": 1 / 255,
            "pad_value": PAD_VALUE,
        },
        "output": {
            "shape": [1, OUTPUTS],
            "format": "x y of the corners (top left, top right, bottom right, bottom left; px of the input), the "
            "standard deviation of each (px), probability that it is a plate, and that it has two lines",
        },
        "training": facts.training,
        "scores": facts.scores,
        "licence": LICENCE,
        "limits": LIMITS,
        "created": facts.created.isoformat(timespec="seconds"),
    }
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
