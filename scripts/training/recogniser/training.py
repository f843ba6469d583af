# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training loop: started, resumed or found finished by what the work folder holds."""

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from scripts.training.checkpoint import SAVE_EVERY, State
from scripts.training.recogniser.consistency import differences
from scripts.training.recogniser.ctc import losses
from scripts.training.recogniser.data.sources import Sources
from scripts.training.recogniser.data.views import Batch, Views, batches
from scripts.training.recogniser.recipe import Recipe, rate_at
from scripts.training.recogniser.shape import STEPS
from scripts.training.recogniser.weights.network import PlateNetwork


def fit(start: PlateNetwork, sources: Sources, recipe: Recipe, last: Path, tell: Callable[[str], None]) -> PlateNetwork:
    """Train from `start`, or from the checkpoint `last` where there is one; returns the averaged network."""
    torch.manual_seed(recipe.seed)
    state = _fresh(start, recipe)
    if last.exists():
        state.restore(last)
        tell(f"resumed at step {state.step} of {recipe.steps}")
    views = Views(sources, recipe)
    running = 0.0
    for batch in batches(views, state.step * recipe.pairs_a_step, recipe.pairs_a_step):
        loss = _step(state, batch, recipe)
        running = loss if not running else running * 0.95 + loss * 0.05
        if state.step % SAVE_EVERY == 0 or state.step == recipe.steps:
            state.save(last)
            tell(f"step {state.step} of {recipe.steps}: loss {running:.3f}")
    return state.mean


def _fresh(start: PlateNetwork, recipe: Recipe) -> State[PlateNetwork]:
    network = start.to(memory_format=torch.channels_last)
    network.train()
    network.stem.requires_grad_(False)
    network.blocks[: recipe.frozen_blocks].requires_grad_(False)
    mean = copy.deepcopy(network).eval()
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=recipe.rate, weight_decay=recipe.weight_decay)
    return State(network=network, mean=mean, optimiser=optimiser)


def _step(state: State[PlateNetwork], batch: Batch, recipe: Recipe) -> float:
    for group in state.optimiser.param_groups:
        group["lr"] = rate_at(recipe, state.step)
    # Twice as fast on processors that compute in bfloat16; elsewhere the pass runs in full precision.
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
        lines = state.network(batch.pictures)
    logits, lengths = plate_logits(lines.float(), batch.counts)
    loss = losses(logits, batch.texts, lengths).clamp(max=recipe.most).mean()
    loss = loss + recipe.consistency * differences(logits, lengths).mean()
    state.optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip)
    state.optimiser.step()
    state.step += 1
    _average(state, min(recipe.average, state.step / (state.step + 10)))
    return float(loss.detach())


def plate_logits(lines: Tensor, counts: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Logits line by line (M, T, C) as logits plate by plate (N, 2T, C), lines one after the other; steps that count.

    (N, T, C) where every plate has one line.
    """
    most, row, rows = max(counts), 0, []
    for count in counts:
        parts = [lines[row + i] for i in range(count)]
        rows.append(torch.cat(parts + [torch.zeros_like(lines[0])] * (most - count)))
        row += count
    return torch.stack(rows), torch.tensor(counts) * STEPS


@torch.no_grad()  # type: ignore[untyped-decorator]
def _average(state: State[PlateNetwork], keep: float) -> None:
    for mean, value in zip(state.mean.parameters(), state.network.parameters(), strict=True):
        mean.lerp_(value, 1.0 - keep)
