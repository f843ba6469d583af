# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deterministic sequence of training views: the view at an index is the same in every run."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from scripts.training.recogniser.data.augment import Lines, training_pair
from scripts.training.recogniser.data.samples import Crop
from scripts.training.recogniser.data.sources import Sources
from scripts.training.recogniser.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some plates as the network sees them."""

    pictures: Tensor
    """(lines of all plates, 3, HEIGHT, WIDTH) from −1 to 1."""
    counts: tuple[int, ...]
    """Lines of each plate."""
    texts: tuple[str, ...]
    """Of the plates in pairs: 0 and 1 are two frames of one view, 2 and 3 of the next."""


class Views(Dataset):  # type: ignore[misc]
    """Pair i of frames of one view, for i from 0 to steps × pairs a step."""

    def __init__(self, sources: Sources, recipe: Recipe) -> None:
        self._sources = sources
        self._recipe = recipe
        self._real = _cumulated([recipe.two_lines_weight if crop.lines == 2 else 1.0 for crop in sources.real])
        self._streets = _cumulated([recipe.italian_weight if crop.country == "IT" else 1.0 for crop in sources.streets])

    def __len__(self) -> int:
        return self._recipe.steps * self._recipe.pairs_a_step

    def __getitem__(self, index: int) -> tuple[tuple[Lines, Lines], str]:
        rng = np.random.default_rng((self._recipe.seed, index))
        crop = self._choose(rng)
        return training_pair(crop, rng), crop.spaced or crop.text

    def _choose(self, rng: np.random.Generator) -> Crop:
        dice = rng.random()
        masked, drawn, streets = self._sources.masked, self._sources.drawn, self._sources.streets
        if masked and dice < self._recipe.masked_share:
            return masked[int(rng.integers(len(masked)))]
        if drawn and dice > 1 - self._recipe.drawn_share:
            return drawn[int(rng.integers(len(drawn)))]
        if streets and dice > 1 - self._recipe.drawn_share - self._recipe.streets_share:
            return _drawn_lot(streets, self._streets, rng)
        return _drawn_lot(self._sources.real, self._real, rng)


def _cumulated(weights: Sequence[float]) -> npt.NDArray[np.float64]:
    return np.cumsum(np.array(weights, np.float64) / max(sum(weights), 1e-9))


def _drawn_lot(crops: Sequence[Crop], cumulated: npt.NDArray[np.float64], rng: np.random.Generator) -> Crop:
    """One crop, each as likely as its weight."""
    return crops[min(int(np.searchsorted(cumulated, rng.random())), len(crops) - 1)]


def gathered(views: Sequence[tuple[tuple[Lines, Lines], str]]) -> Batch:
    """Pairs of frames as one batch."""
    frames = [frame for pair, _ in views for frame in pair]
    return Batch(
        pictures=as_pictures(frames),
        counts=tuple(map(len, frames)),
        texts=tuple(text for _, text in views for _ in range(2)),
    )


def as_pictures(lines: Sequence[Lines]) -> Tensor:
    """The lines of several plates as the network's input."""
    stacked = torch.from_numpy(np.concatenate(lines)).permute(0, 3, 1, 2).to(torch.float32)
    return (stacked / 127.5 - 1.0).contiguous(memory_format=torch.channels_last)


def batches(views: Views, first: int, pairs: int) -> DataLoader:
    """The batches from pair `first` on, made ahead by one worker process."""
    order = range(first, len(views))
    return DataLoader(
        views, batch_size=pairs, sampler=order, collate_fn=gathered, num_workers=1, prefetch_factor=4,
        worker_init_fn=_start_worker, drop_last=True,
        multiprocessing_context="spawn",  # a forked worker inherits locks of OpenCV's threads, and hangs
    )  # fmt: skip


def _start_worker(_: int) -> None:
    cv2.setNumThreads(1)
