# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the trained network to ONNX, with its model card."""

import hashlib
import json
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from scripts.training.recogniser.shape import CHARACTERS, CLASSES, HEIGHT, STEPS, WIDTH
from scripts.training.recogniser.weights.network import PlateNetwork, parameters

OPSET = 17
LICENCE = "Apache-2.0 (started from PP-OCRv6 small by the PaddlePaddle Authors; thinned and trained on by this project)"
LIMITS = [
    "Reads one line: plates of two lines are cut apart before.",
    "Knows A–Z, 0–9 and ÄÖÜ; on plates whose font does not tell O from 0 the format of the plate decides.",
    "Few real Italian plates were trained on; real night pictures are few, Italian motorcycle plates are drawn.",
]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the trainer knows of the weights."""

    version: str
    training: dict[str, Any]
    scores: dict[str, Any]
    created: datetime


class _Probabilities(nn.Module):  # type: ignore[misc]
    """What the reader wants: probabilities."""

    def __init__(self, network: PlateNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, lines: Tensor) -> Tensor:
        return torch.softmax(self.network(lines), 2)


def export_onnx(network: PlateNetwork, out: Path) -> Path:
    """Write `out`: one line (1, 3, HEIGHT, WIDTH) in, probabilities (1, STEPS, CLASSES) out."""
    out.parent.mkdir(parents=True, exist_ok=True)
    made = _Probabilities(network).eval().to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of its own coming end, and of shapes that are fixed here
        torch.onnx.export(
            made, (torch.zeros(1, 3, HEIGHT, WIDTH),), str(out), input_names=["line"], output_names=["steps"],
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return out


def write_card(weights: Path, network: PlateNetwork, facts: Facts) -> Path:
    """Write the card `<weights>.json` beside the ONNX file and return its path."""
    card = {
        "name": weights.stem,
        "version": facts.version,
        "task": "recognise",
        "architecture": f"PP-OCRv6 small thinned to {parameters(network):,} parameters (CTC), head for plates",
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input": {
            "width": WIDTH,
            "height": HEIGHT,
            "layout": "NCHW",
            "colour": "BGR",
            "scale": 1 / 127.5,
            "offset": 1.0,
            "pad_value": 127,
            "widths": [WIDTH],
            "bands": "seen",
        },
        "output": {
            "shape": [1, STEPS, CLASSES],
            "format": "probability of the blank, then of each character of the alphabet, per step of 4 px",
        },
        "alphabet": list(CHARACTERS),
        "training": facts.training,
        "scores": facts.scores,
        "licence": LICENCE,
        "limits": LIMITS,
        "created": facts.created.isoformat(timespec="seconds"),
    }
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
