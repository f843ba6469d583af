# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training loop: started, resumed or found finished by what the work folder holds."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.training.checkpoint import SAVE_EVERY, State
from scripts.training.rectifier.batches import Batch, batches
from scripts.training.rectifier.network import CornerNetwork, grid, places
from scripts.training.rectifier.recipe import Recipe, rate_at
from scripts.training.rectifier.shape import HEIGHT, STRIDE, WIDTH
from scripts.training.rectifier.store import Store

_KNOWN_PACE = 0.3
"""Learning rate of the detector's layers, of the others'."""
_SIGMA = 4.0
"""px: how wide a corner's target lies on its map."""


def fit(
    start: CornerNetwork, stores: Mapping[str, Store], recipe: Recipe, last: Path, tell: Callable[[str], None]
) -> CornerNetwork:
    """Train from `start`, or from the checkpoint `last` where there is one; returns the averaged network."""
    torch.manual_seed(recipe.seed)
    state = _fresh(start, recipe)
    if last.exists():
        state.restore(last)
        tell(f"resumed at step {state.step} of {recipe.steps}")
    running: list[float] = []
    for batch in batches(stores, recipe, state.step):
        parts = _step(state, batch, recipe)
        running = [old * 0.95 + new * 0.05 for old, new in zip(running or parts, parts, strict=True)]
        if state.step % SAVE_EVERY == 0 or state.step == recipe.steps:
            state.save(last)
            tell(f"step {state.step} of {recipe.steps}: " + " ".join(f"{value:.3f}" for value in running))
    state.mean.eval()
    return state.mean


def _fresh(start: CornerNetwork, recipe: Recipe) -> State[CornerNetwork]:
    network = start.to(memory_format=torch.channels_last)
    network.train()
    mean = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(_groups(network), lr=recipe.rate, weight_decay=recipe.weight_decay)
    return State(network=network, mean=mean, optimiser=optimiser)


def _groups(network: CornerNetwork) -> list[dict[str, Any]]:
    """The new layers, and more slowly the detector's; its first three, a third of all work, stay as they are."""
    for parameter in network.backbone.model[:3].parameters():
        parameter.requires_grad_(False)
    known = [each for each in network.backbone.parameters() if each.requires_grad]
    new = [each for name, each in network.named_parameters() if not name.startswith("backbone.")]
    return [{"params": new, "pace": 1.0}, {"params": known, "pace": _KNOWN_PACE}]


def _step(state: State[CornerNetwork], batch: Batch, recipe: Recipe) -> list[float]:
    for group in state.optimiser.param_groups:
        group["lr"] = rate_at(recipe, state.step) * group["pace"]
    maps, logits = state.network(batch.views)
    parts = losses(maps, logits, batch)
    state.optimiser.zero_grad()
    torch.stack(parts).sum().backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip)
    state.optimiser.step()
    state.step += 1
    _average(state, min(recipe.average, state.step / (state.step + 10)))
    return [float(part.detach()) for part in parts]


def losses(maps: Tensor, logits: Tensor, batch: Batch) -> list[Tensor]:
    """Of the maps (cross-entropy with a bump at the corner), the places (px ÷ 4), the plate, and its lines."""
    given = batch.plates > 0
    plate = functional.binary_cross_entropy_with_logits(logits[:, 0], batch.plates)
    known = given & (batch.lines > 0)
    two = (batch.lines == 2).float()
    lines = functional.binary_cross_entropy_with_logits(logits[known, 1], two[known]) if known.any() else plate * 0
    if not given.any():
        return [plate * 0, plate * 0, plate, lines * 0.5]
    truth = _inside(batch.quads[given])
    shares = functional.log_softmax(maps[given].flatten(2), 2)
    across = -(bumps(truth) * shares).sum(2).mean()
    corners, _ = places(maps[given])
    away = (corners - batch.quads[given]).abs().clamp(max=30).mean() / 4
    return [across * 0.3, away, plate, lines * 0.5]


def _inside(quads: Tensor) -> Tensor:
    return torch.stack([quads[..., 0].clamp(0, WIDTH), quads[..., 1].clamp(0, HEIGHT)], -1)


def bumps(quads: Tensor) -> Tensor:
    """(N, 4, 2) places as (N, 4, cells) shares that sum to 1."""
    xs, ys = grid(HEIGHT // STRIDE, WIDTH // STRIDE)
    squared = (quads[..., :1] - xs) ** 2 + (quads[..., 1:] - ys) ** 2
    return torch.softmax(-squared / (2 * _SIGMA**2), -1)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _average(state: State[CornerNetwork], keep: float) -> None:
    for mean, value in zip(state.mean.state_dict().values(), state.network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1.0 - keep)
        else:
            mean.copy_(value)


def load_mean(last: Path) -> CornerNetwork:
    """The averaged network of a checkpoint."""
    network = CornerNetwork()
    network.load_state_dict(torch.load(last, weights_only=True)["mean"])
    network.eval()
    return network
