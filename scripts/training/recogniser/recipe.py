# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training recipe of the plate recogniser as data."""

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run. The learning rate rises, stays, and falls at the end, so that a run can be made longer."""

    keep: float = 0.5
    """Hidden units left of each block of the network it starts from."""
    thin_crops: int = 300
    """Real crops on which the thinned network is refitted, where the training starts from PP-OCR."""
    steps: int = 4000
    pairs_a_step: int = 8
    """Plates a step, each seen in two frames."""
    consistency: float = 0.2
    """Weight of the difference between what is said of the two frames (CR-CTC, Yao et al. 2024) beside the CTC loss."""
    rate: float = 1.3e-4
    warmup_steps: int = 25
    falling_share: float = 0.6
    """Of the steps, at the end."""
    weight_decay: float = 0.01
    dropout: float = 0.1
    frozen_blocks: int = 3
    """The stem and this many blocks keep the weights they start with: edges look alike at every size, and a third of a
    step's time goes there."""
    most: float = 10.0
    """Loss of one plate from which on it teaches nothing: what nobody can read must not outweigh the rest."""
    clip: float = 5.0
    """Longest gradient."""
    average: float = 0.99
    """Of the running mean of the weights, a step: the mean is what is exported."""
    masked_share: float = 0.05
    drawn_share: float = 0.36
    streets_share: float = 0.17
    italian_weight: float = 4.0
    """How much oftener an Italian plate of a street photograph is shown than another one."""
    two_lines_weight: float = 2.0
    """How much oftener a real plate of two lines is shown than one of one line: they are few."""
    drawn: int = 20_000
    drawn_seed: int = 12
    seed: int = 31


def rate_at(recipe: Recipe, step: int) -> float:
    """AdamW's learning rate at a step."""
    fall = max(1.0, recipe.steps * recipe.falling_share)
    rising = (step + 1) / max(1, recipe.warmup_steps)
    falling = (recipe.steps - step) / fall
    return recipe.rate * max(0.0, min(1.0, rising, falling))


def quick(recipe: Recipe) -> Recipe:
    """The same recipe made so small that it runs in seconds: for tests, not for weights."""
    return replace(recipe, thin_crops=4, steps=min(recipe.steps, 4), pairs_a_step=2, warmup_steps=1, drawn=8)


def as_facts(recipe: Recipe) -> dict[str, Any]:
    """The recipe for the card."""
    return asdict(recipe)
