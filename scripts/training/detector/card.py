# SPDX-License-Identifier: AGPL-3.0-or-later
"""Model card of the detector: inputs, outputs, scores, and what it must not be used for."""

from typing import Any

from scripts.training.model_card import Description

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


def describe(width: int, height: int, cells: int) -> Description:
    """The network in its model card; `cells` is N of the output (1, 5, N)."""
    return Description(
        task="detect",
        architecture=ARCHITECTURE,
        interface={
            "input": network_input(width, height),
            "output": {"shape": [1, 5, cells], "format": "cx cy w h score, in px of the input, before suppression"},
            "classes": ["plate"],
        },
        licence=LICENCE,
        limits=LIMITS,
    )
