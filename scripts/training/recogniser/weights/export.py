# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the trained recogniser to ONNX, and its description for the model card."""

from pathlib import Path

import torch
from torch import Tensor, nn

from scripts.training.model_card import Description
from scripts.training.onnx_export import export_module
from scripts.training.recogniser.shape import CHARACTERS, CLASSES, HEIGHT, STEPS, WIDTH
from scripts.training.recogniser.weights.network import PlateNetwork, parameters

LICENCE = "Apache-2.0 (started from PP-OCRv6 small by the PaddlePaddle Authors; thinned and trained on by this project)"
LIMITS = [
    "Reads one line: plates of two lines are cut apart before.",
    "Knows A–Z, 0–9 and ÄÖÜ; on plates whose font does not tell O from 0 the format of the plate decides.",
    "Few real Italian plates were trained on; real night pictures are few, Italian motorcycle plates are drawn.",
]


class _Probabilities(nn.Module):  # type: ignore[misc]
    """What the reader wants: probabilities."""

    def __init__(self, network: PlateNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, lines: Tensor) -> Tensor:
        return torch.softmax(self.network(lines), 2)


def export_onnx(network: PlateNetwork, out: Path) -> Path:
    """Write `out`: one line (1, 3, HEIGHT, WIDTH) in, probabilities (1, STEPS, CLASSES) out."""
    return export_module(_Probabilities(network), (1, 3, HEIGHT, WIDTH), out, ("line", "steps"))


def describe(network: PlateNetwork) -> Description:
    """The network in its model card."""
    return Description(
        task="recognise",
        architecture=f"PP-OCRv6 small thinned to {parameters(network):,} parameters (CTC), head for plates",
        interface={
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
        },
        licence=LICENCE,
        limits=LIMITS,
    )
