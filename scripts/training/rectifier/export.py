# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the trained corner network to ONNX, and its description for the model card."""

from pathlib import Path

from scripts.training.model_card import Description
from scripts.training.onnx_export import export_module
from scripts.training.rectifier.network import CornerNetwork, Exported
from scripts.training.rectifier.shape import HEIGHT, OUTPUTS, PAD_VALUE, WIDTH

LICENCE = "AGPL-3.0-or-later (started from the plate detector, trained with Ultralytics YOLO11, AGPL-3.0)"
LIMITS = [
    "Wants a detector's box that holds most of the plate; a plate beside it is not looked for.",
    "Corners of real plates were marked by eye on few pictures and by the network itself on many.",
    "Motorcycle plates of Italy were drawn; no real ones could be had.",
    "A plate that the picture's edge cuts is given corners beyond the edge, which are a guess.",
]


def export_onnx(network: CornerNetwork, out: Path) -> Path:
    """Write `out`: one view (1, 3, HEIGHT, WIDTH) in, one row (1, OUTPUTS) out."""
    return export_module(Exported(network), (1, 3, HEIGHT, WIDTH), out, ("view", "corners"))


def describe(network: CornerNetwork) -> Description:
    """The network in its model card."""
    learnt = sum(parameter.numel() for parameter in network.parameters())
    return Description(
        task="rectify",
        architecture=f"first layers of YOLO11n, integral corner maps, {learnt:,} parameters",
        interface={
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
        },
        licence=LICENCE,
        limits=LIMITS,
    )
