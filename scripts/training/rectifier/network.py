# SPDX-License-Identifier: AGPL-3.0-or-later
"""Corner network: keypoint regression by integral heat maps (soft-argmax; Sun et al. 2018) on the detector's features.

A map for each corner at a quarter of the input; a corner is the mean place under its map, and the map's spread says how
unsure it is. Two more outputs come from the coarsest layer: whether this is a plate, and whether it has two lines.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.training.rectifier.backbone import Backbone, Convolution
from scripts.training.rectifier.shape import HEIGHT, STRIDE, WIDTH

CORNERS = 4
_FINE = 32
_COARSE = 48


class CornerNetwork(nn.Module):  # type: ignore[misc]
    """(N, 3, HEIGHT, WIDTH) RGB from 0 to 1, to corner maps (N, 4, HEIGHT / 4, WIDTH / 4) and two logits (N, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.whole = nn.Linear(128, _COARSE)
        self.at_sixteenth = Convolution(128, _COARSE, 3)
        self.from_eighth = Convolution(128, _COARSE)
        self.at_eighth = Convolution(_COARSE, _COARSE, 3)
        self.from_quarter = Convolution(64, _FINE)
        self.up = Convolution(_COARSE, _FINE)
        self.at_quarter = Convolution(_FINE, _FINE, 3)
        self.maps = nn.Conv2d(_FINE, CORNERS, 1)
        self.judge = nn.Sequential(nn.Linear(2 * 128, 64), nn.SiLU(), nn.Dropout(0.1), nn.Linear(64, 2))

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        quarter, eighth, sixteenth = self.backbone(views)
        mean = sixteenth.mean((2, 3))
        coarse = self.at_sixteenth(sixteenth) + self.whole(mean)[:, :, None, None]
        middle = self.at_eighth(self.from_eighth(eighth) + _doubled(coarse))
        fine = self.at_quarter(self.from_quarter(quarter) + _doubled(self.up(middle)))
        centre = sixteenth[:, :, 2:5, 2:8].mean((2, 3))  # where the box lies; the margin around it is left out
        return self.maps(fine), self.judge(torch.cat([mean, centre], 1))


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")


def places(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Corner maps (N, 4, h, w) as places (N, 4, 2) and their spreads (N, 4), in px of the input."""
    count, corners, height, width = maps.shape
    share = torch.softmax(maps.reshape(count, corners, height * width), 2)
    xs, ys = grid(height, width)
    x, y = share @ xs, share @ ys
    variance = share @ (xs * xs + ys * ys) - x * x - y * y
    return torch.stack([x, y], 2), torch.sqrt(torch.clamp(variance, min=0.0))


def grid(height: int = HEIGHT // STRIDE, width: int = WIDTH // STRIDE) -> tuple[Tensor, Tensor]:
    """The middle of each cell, px of the input, row by row: x and y, each (height × width)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (x.flatten() + 0.5) * STRIDE, (y.flatten() + 0.5) * STRIDE


class Exported(nn.Module):  # type: ignore[misc]
    """What the reader runs: everything in one row, (1, OUTPUTS)."""

    def __init__(self, network: CornerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, views: Tensor) -> Tensor:
        maps, logits = self.network(views)
        corners, spread = places(maps)
        return torch.cat([corners.flatten(1), spread, torch.sigmoid(logits)], 1)
