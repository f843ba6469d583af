# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backbone: the detector's first seven layers (YOLO11n, AGPL-3.0), begun with the shipped weights.

Batch normalisation is folded into the convolutions there, so none is learnt here. Layers and names are those of
Ultralytics' network description; a network that has seen plates learns where their corners are in a tenth of the steps.
"""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from anpr.domain.errors import ModelError


class Convolution(nn.Module):  # type: ignore[misc]
    """A convolution and its SiLU."""

    def __init__(self, into: int, out: int, side: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, side, stride=stride, padding=side // 2)

    def forward(self, features: Tensor) -> Tensor:
        made: Tensor = functional.silu(self.conv(features))
        return made


class Bottleneck(nn.Module):  # type: ignore[misc]
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.cv1 = Convolution(channels, hidden, 3)
        self.cv2 = Convolution(hidden, channels, 3)

    def forward(self, features: Tensor) -> Tensor:
        made: Tensor = features + self.cv2(self.cv1(features))
        return made


class Split(nn.Module):  # type: ignore[misc]
    """C3k2: half of the channels go through `inner`, and all are mixed again."""

    def __init__(self, into: int, out: int, half: int, inner: nn.Module) -> None:
        super().__init__()
        self.cv1 = Convolution(into, 2 * half)
        self.m = nn.ModuleList([inner])
        self.cv2 = Convolution(3 * half, out)

    def forward(self, features: Tensor) -> Tensor:
        kept, worked = self.cv1(features).chunk(2, 1)
        made: Tensor = self.cv2(torch.cat([kept, worked, self.m[0](worked)], 1))
        return made


class Crossed(nn.Module):  # type: ignore[misc]
    """C3k: two bottlenecks on one branch, nothing on the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.cv1 = Convolution(channels, half)
        self.cv2 = Convolution(channels, half)
        self.cv3 = Convolution(channels, channels)
        self.m = nn.Sequential(Bottleneck(half, half), Bottleneck(half, half))

    def forward(self, features: Tensor) -> Tensor:
        made: Tensor = self.cv3(torch.cat([self.m(self.cv1(features)), self.cv2(features)], 1))
        return made


class Backbone(nn.Module):  # type: ignore[misc]
    """(N, 3, h, w) RGB from 0 to 1 to features at a quarter (64), an eighth (128) and a sixteenth (128 channels)."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.ModuleList(
            [
                Convolution(3, 16, 3, stride=2),
                Convolution(16, 32, 3, stride=2),
                Split(32, 64, 16, Bottleneck(16, 8)),
                Convolution(64, 64, 3, stride=2),
                Split(64, 128, 32, Bottleneck(32, 16)),
                Convolution(128, 128, 3, stride=2),
                Split(128, 128, 64, Crossed(64)),
            ]
        )

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features, kept = views, []
        for number, layer in enumerate(self.model):
            features = layer(features)
            if number in (2, 4, 6):
                kept.append(features)
        return kept[0], kept[1], kept[2]


def begin_with_detector(backbone: Backbone, weights: Path) -> None:
    """Copy the weights of the detector's ONNX file (floats). Raises ModelError where it lacks one of them."""
    given = {each.name: each for each in onnx.load(weights).graph.initializer}
    state = backbone.state_dict()
    missing = [name for name in state if name not in given]
    if missing:
        raise ModelError(f"{weights}: has no {', '.join(missing[:3])}: not the detector that this network begins with")
    backbone.load_state_dict({name: torch.from_numpy(numpy_helper.to_array(given[name]).copy()) for name in state})
