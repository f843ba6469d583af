# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training batches: windows drawn from several stores by their shares, each augmented anew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scripts.training.rectifier.augment import Example, example
from scripts.training.rectifier.recipe import Recipe
from scripts.training.rectifier.store import Store


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Examples as tensors."""

    views: Tensor
    """(N, 3, HEIGHT, WIDTH), 0 to 1, RGB."""
    quads: Tensor
    """(N, 4, 2) px; zeros where there is no plate."""
    plates: Tensor
    """(N,) 1 for a plate."""
    lines: Tensor
    """(N,) 0 unknown, 1 or 2."""


def batches(stores: Mapping[str, Store], recipe: Recipe, first: int) -> Iterator[Batch]:
    """The batches of the steps from `first` on: each depends on the seed and its number alone."""
    names = [name for name, _ in recipe.shares if len(stores.get(name, ()))]
    shares = np.array([share for name, share in recipe.shares if name in names])
    for step in range(first, recipe.steps):
        rng = np.random.default_rng((recipe.seed, step))
        chosen = rng.choice(len(names), recipe.windows_a_step, p=shares / shares.sum())
        yield collated([_seen(stores[names[which]], rng) for which in chosen])


def _seen(store: Store, rng: np.random.Generator) -> Example:
    number = int(rng.integers(len(store)))
    quad = store.quads[number]
    known = None if np.isnan(quad[0, 0]) else quad
    return example(store.images[number], tuple(store.boxes[number].tolist()), known, int(store.lines[number]), rng)


def collated(examples: list[Example]) -> Batch:
    """Examples as one batch."""
    views = np.stack([each.view[:, :, ::-1] for each in examples])
    none = np.zeros((4, 2), np.float32)
    return Batch(
        views=torch.from_numpy(views).permute(0, 3, 1, 2).to(memory_format=torch.channels_last).float() / 255,
        quads=torch.from_numpy(np.stack([none if each.quad is None else each.quad for each in examples])),
        plates=torch.tensor([each.quad is not None for each in examples]).float(),
        lines=torch.tensor([each.lines for each in examples]),
    )
