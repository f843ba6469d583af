# SPDX-License-Identifier: AGPL-3.0-or-later
"""The recogniser's network: the reading part of PP-OCRv6 small, thinned, with a head for the characters of plates.

Convolutions to a row of features, two attention layers over the row, one linear head: a step is 4 px of the input.
Layout after PaddleOCR's PP-OCRv6 small recognition network (Apache-2.0) as its ONNX file has it, batch
normalisation already folded into the convolutions; `warm` copies its weights.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.training.recogniser.shape import CLASSES

_NECK = 120
_HEADS = 8


@dataclass(frozen=True, kw_only=True)
class BlockShape:
    """One block of the backbone."""

    into: int
    out: int
    hidden: int
    halved: bool = False
    """Halves the height."""
    squeeze: bool = False
    """Weighs the channels by what the whole line shows."""


FULL = (
    BlockShape(into=96, out=96, hidden=192, squeeze=True),
    BlockShape(into=96, out=96, hidden=192),
    BlockShape(into=96, out=96, hidden=192),
    BlockShape(into=96, out=192, hidden=192, halved=True),
    BlockShape(into=192, out=192, hidden=384, squeeze=True),
    BlockShape(into=192, out=192, hidden=384),
    BlockShape(into=192, out=192, hidden=384, squeeze=True),
    BlockShape(into=192, out=192, hidden=384),
    BlockShape(into=192, out=192, hidden=384, squeeze=True),
    BlockShape(into=192, out=192, hidden=384),
    BlockShape(into=192, out=384, hidden=384, halved=True),
    BlockShape(into=384, out=384, hidden=768, squeeze=True),
    BlockShape(into=384, out=384, hidden=768),
)
"""The blocks of PP-OCRv6 small."""


class Stem(nn.Module):  # type: ignore[misc]
    """Three channels at full size to 96 at a quarter of it."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(3, 48, 3, stride=2, padding=1),
                nn.Conv2d(48, 24, 2),
                nn.Conv2d(24, 48, 2),
                nn.Conv2d(96, 48, 3, stride=2, padding=1),
                nn.Conv2d(48, 96, 1),
            ]
        )

    def forward(self, picture: Tensor) -> Tensor:
        first, narrow, wide, down, out = self.convolutions
        whole = functional.pad(functional.relu(first(picture)), (0, 1, 0, 1))
        fine = functional.relu(narrow(whole))
        fine = functional.relu(wide(functional.pad(fine, (0, 1, 0, 1))))
        both = torch.cat([functional.max_pool2d(whole, 2, stride=1), fine], 1)
        made: Tensor = functional.relu(out(functional.relu(down(both))))
        return made


class Squeeze(nn.Module):  # type: ignore[misc]
    """Channel weights from the mean over the whole line."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, channels // 4, 1)
        self.up = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        weights = functional.relu(self.down(features.mean((2, 3), keepdim=True)))
        made: Tensor = features * functional.hardsigmoid(self.up(weights))
        return made


class Block(nn.Module):  # type: ignore[misc]
    """A depthwise convolution, then a small network at each place."""

    def __init__(self, shape: BlockShape) -> None:
        super().__init__()
        self.shape = shape
        stride = (2, 1) if shape.halved else (1, 1)
        self.spread = nn.Conv2d(shape.into, shape.into, 3, stride=stride, padding=1, groups=shape.into)
        self.squeeze = Squeeze(shape.into) if shape.squeeze else None
        self.expand = nn.Conv2d(shape.into, shape.hidden, 1)
        self.project = nn.Conv2d(shape.hidden, shape.out, 1)

    def forward(self, features: Tensor) -> Tensor:
        mixed = self.spread(features)
        if self.squeeze is not None:
            mixed = self.squeeze(mixed)
        made: Tensor = self.project(functional.gelu(self.expand(mixed)))
        return made if self.shape.into != self.shape.out else mixed + made


class Attention(nn.Module):  # type: ignore[misc]
    """One layer of self-attention over the steps, and its feed-forward part."""

    def __init__(self) -> None:
        super().__init__()
        self.first_norm = nn.LayerNorm(_NECK, eps=1e-5)
        self.query_key_value = nn.Linear(_NECK, 3 * _NECK)
        self.out = nn.Linear(_NECK, _NECK)
        self.second_norm = nn.LayerNorm(_NECK, eps=1e-5)
        self.expand = nn.Linear(_NECK, 2 * _NECK)
        self.project = nn.Linear(2 * _NECK, _NECK)

    def forward(self, steps: Tensor) -> Tensor:
        """(N, T, _NECK) to the same."""
        count, length, _ = steps.shape
        parts = self.query_key_value(self.first_norm(steps)).reshape(count, length, 3, _HEADS, _NECK // _HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = torch.softmax((query * (_NECK // _HEADS) ** -0.5) @ key.transpose(2, 3), -1)
        steps = steps + self.out((weights @ value).transpose(1, 2).reshape(count, length, _NECK))
        made: Tensor = steps + self.project(functional.silu(self.expand(self.second_norm(steps))))
        return made


class Neck(nn.Module):  # type: ignore[misc]
    """What each step knows of its neighbours and of the whole line."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.around = nn.Conv1d(channels, _NECK, 1)
        self.into = nn.Conv1d(channels, _NECK, 1)
        # Dilated: the original has a step every 8 px, this one every 4, and the weights reach equally far.
        self.near = nn.Conv1d(_NECK, _NECK, 7, padding=6, dilation=2, groups=_NECK)
        self.layers = nn.ModuleList([Attention(), Attention()])
        self.norm = nn.LayerNorm(_NECK, eps=1e-6)

    def forward(self, row: Tensor) -> Tensor:
        """(N, channels, T) to (N, T, _NECK)."""
        inner = functional.silu(self.into(row))
        steps = (inner + functional.silu(self.near(inner))).transpose(1, 2)
        for layer in self.layers:
            steps = layer(steps)
        made: Tensor = self.norm(steps) + functional.silu(self.around(row)).transpose(1, 2)
        return made


class PlateNetwork(nn.Module):  # type: ignore[misc]
    """(N, 3, HEIGHT, WIDTH) BGR from −1 to 1, to (N, STEPS, CLASSES) logits.

    Other sizes will do, the height a multiple of 16 and the width of 4 px.
    """

    def __init__(self, shapes: tuple[BlockShape, ...], dropout: float = 0.0) -> None:
        super().__init__()
        self.shapes = shapes
        self.stem = Stem()
        self.blocks = nn.ModuleList([Block(shape) for shape in shapes])
        self.neck = Neck(shapes[-1].out)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(_NECK, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.stem(pictures)
        for block in self.blocks:
            features = block(features)
        row = functional.pad(features.mean(2), (0, 1), mode="replicate")
        row = (row[:, :, :-1] + row[:, :, 1:]) * 0.5  # a window two columns wide at every column
        made: Tensor = self.head(self.dropout(self.neck(row)))
        return made


def parameters(network: nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(p.numel() for p in network.parameters())
