# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training recipe of the corner network as data: two runs, the second with real plates that the first could mark."""

from dataclasses import asdict, dataclass, replace
from typing import Any

Shares = tuple[tuple[str, float], ...]
"""Of the windows of a step, by where they come from."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run. The learning rate rises, stays, and falls at the end."""

    name: str
    steps: int
    rate: float
    shares: Shares
    falling_share: float
    """Of the steps, at the end."""
    warmup_steps: int = 50
    windows_a_step: int = 32
    weight_decay: float = 0.02
    clip: float = 5.0
    """Longest gradient."""
    average: float = 0.995
    """Of the running mean of the weights, a step: the mean is what is exported."""
    seed: int = 43


FIRST = Recipe(
    name="first",
    steps=425,
    rate=1.5e-3,
    falling_share=0.0,
    shares=(("drawn", 0.6), ("level", 0.2), ("mistakes", 0.2)),
)
"""Drawn plates, real ones that stand level, and what the detector mistook."""

SECOND = Recipe(
    name="second",
    steps=900,
    rate=1e-3,
    falling_share=0.8,
    warmup_steps=10,
    shares=(("drawn", 0.58), ("level", 0.1), ("mistakes", 0.16), ("street_mistakes", 0.06), ("street", 0.1)),
    seed=44,
)
"""Real plates in streets too, with the corners that the first run gave them."""

DRAWN = 7_750
"""Windows of drawn plates and boards."""
PLATE_CHARACTERS = 2_500
"""Drawn plates that stand in them."""


def rate_at(recipe: Recipe, step: int) -> float:
    """AdamW's learning rate at a step."""
    fall = max(1.0, recipe.steps * recipe.falling_share)
    rising = (step + 1) / max(1, recipe.warmup_steps)
    falling = (recipe.steps - step) / fall
    return recipe.rate * max(0.0, min(1.0, rising, falling))


def quick(recipe: Recipe) -> Recipe:
    """The same recipe made so small that it runs in seconds: for tests, not for weights."""
    return replace(recipe, steps=min(recipe.steps, 3), windows_a_step=4, warmup_steps=1)


def as_facts(recipe: Recipe) -> dict[str, Any]:
    """The recipe for the card."""
    return asdict(recipe)
