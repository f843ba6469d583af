# SPDX-License-Identifier: AGPL-3.0-or-later
"""Initial weights: PP-OCRv6 small, pruned; made once and kept in the work folder."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from anpr.domain.errors import InputError
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from scripts.training.recogniser.data.augment import training_lines
from scripts.training.recogniser.data.samples import Crop
from scripts.training.recogniser.data.views import as_pictures
from scripts.training.recogniser.recipe import Recipe
from scripts.training.recogniser.weights.network import FULL, PlateNetwork
from scripts.training.recogniser.weights.pruning import thinned
from scripts.training.recogniser.weights.shipped import load_shipped
from scripts.training.recogniser.weights.warm_start import warm_network


def started(path: Path, crops: tuple[Crop, ...], recipe: Recipe, tell: Callable[[str], None]) -> PlateNetwork:
    """The network that training starts from, from `path` where it lies there already."""
    if not path.exists():
        tell("thinning PP-OCRv6 small")
        torch.save(_thinned(crops, recipe).state_dict(), path)
    return network_of(path, recipe)


def begun(
    shipped: Path | None, kept: Path, crops: tuple[Crop, ...], recipe: Recipe, tell: Callable[[str], None]
) -> PlateNetwork:
    """The network of the shipped float weights (ONNX) where such are named, else PP-OCR's, thinned (`started`)."""
    return load_shipped(shipped, empty(recipe)) if shipped is not None else started(kept, crops, recipe, tell)


def empty(recipe: Recipe) -> PlateNetwork:
    """The recipe's network with random weights."""
    shapes = tuple(replace(shape, hidden=round(shape.hidden * recipe.keep / 16) * 16) for shape in FULL)
    return PlateNetwork(shapes, recipe.dropout)


def network_of(path: Path, recipe: Recipe, part: str | None = None) -> PlateNetwork:
    """The recipe's network with saved weights; `part` names those inside a checkpoint. Raises InputError."""
    network = empty(recipe)
    try:
        saved = torch.load(path, weights_only=True)
        network.load_state_dict(saved if part is None else saved[part])
    except (OSError, KeyError, RuntimeError, EOFError) as exc:
        raise InputError(f"{path}: not weights of this recipe: {exc}") from exc
    return network


def _thinned(crops: tuple[Crop, ...], recipe: Recipe) -> PlateNetwork:
    card = load_card("plate_recogniser", "recognise")
    weights = card.weights()
    listed = OnnxNetwork(weights, 1).metadata()[card.alphabet_metadata or "character"].split("\n")
    rng = np.random.default_rng(recipe.seed)
    chosen = rng.permutation(len(crops))[: recipe.thin_crops]
    pictures = as_pictures([training_lines(crops[i], rng) for i in chosen.tolist()])
    return thinned(warm_network(weights, (*listed, " ")), pictures, recipe.keep)
