# SPDX-License-Identifier: AGPL-3.0-or-later
"""Structured pruning: half of the hidden units of each block go, the rest are refitted.

Which go: those whose output moves the block's least. What is left is refitted by least squares to give what the
block gave before, on real lines (channel pruning after He, Zhang and Sun 2017).
"""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from scripts.training.recogniser.weights.network import Block, PlateNetwork

_SAMPLES = 12_000
"""Places at which a block is observed."""
_RIDGE = 1e-3


def thinned(network: PlateNetwork, pictures: Tensor, keep: float) -> PlateNetwork:
    """A network with the share `keep` of the hidden units; `images` (N, 3, HEIGHT, WIDTH): to refit it on."""
    shapes = tuple(replace(shape, hidden=round(shape.hidden * keep / 16) * 16) for shape in network.shapes)
    made = PlateNetwork(shapes)
    state = {name: value for name, value in network.state_dict().items() if (".expand." not in name
             and ".project." not in name) or not name.startswith("blocks.")}  # fmt: skip
    made.load_state_dict(state, strict=False)
    with torch.no_grad():
        features, thin = network.stem(pictures), network.stem(pictures)
        for before, after in zip(network.blocks, made.blocks, strict=True):
            _refit(before, after, features, thin)
            features, thin = before(features), after(thin)
    return made


def _refit(before: Block, after: Block, features: Tensor, thin: Tensor) -> None:
    """Fill `after` so that from `thin` it gives what `before` gives from `features`."""
    wanted = _places(before.project(functional.gelu(before.expand(_mixed(before, features)))))
    hidden = _places(functional.gelu(before.expand(_mixed(before, thin))))
    weights = before.project.weight[:, :, 0, 0]
    strength = hidden.std(0) * weights.norm(dim=0)
    kept = strength.argsort(descending=True)[: after.shape.hidden].sort().values
    seen = torch.cat([hidden[:, kept], torch.ones(len(hidden), 1)], 1)
    square = seen.T @ seen / len(seen)
    square += torch.eye(len(square)) * _RIDGE * square.diagonal().mean()
    start = torch.cat([weights[:, kept].T, before.project.bias[None]])
    found = start + torch.linalg.solve(square, seen.T @ (wanted - seen @ start) / len(seen))
    after.expand.weight.copy_(before.expand.weight[kept])
    after.expand.bias.copy_(before.expand.bias[kept])
    after.project.weight.copy_(found[:-1].T[:, :, None, None])
    after.project.bias.copy_(found[-1])


def _mixed(block: Block, features: Tensor) -> Tensor:
    mixed: Tensor = block.spread(features)
    return mixed if block.squeeze is None else block.squeeze(mixed)


def _places(features: Tensor) -> Tensor:
    """(N, C, H, W) as (places, C), thinned out evenly to _SAMPLES."""
    flat = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
    return flat[:: max(1, len(flat) // _SAMPLES)]
