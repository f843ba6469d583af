# SPDX-License-Identifier: AGPL-3.0-or-later
"""Weight averaging over checkpoints of one training (Wortsman et al. 2022)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from anpr.domain.errors import InputError
from scripts.training.recogniser.recipe import Recipe
from scripts.training.recogniser.weights.network import PlateNetwork
from scripts.training.recogniser.weights.start import empty


def averaged(checkpoints: Sequence[Path]) -> tuple[PlateNetwork, list[int]]:
    """The network with the mean of the checkpoints' weights, and the steps they stand at. Raises InputError."""
    saved = [_read(path) for path in checkpoints]
    first: dict[str, Tensor] = saved[0]["mean"]
    try:
        mean = {name: torch.stack([each["mean"][name].float() for each in saved]).mean(0) for name in first}
        network = empty(Recipe())
        network.load_state_dict({name: value.to(first[name].dtype) for name, value in mean.items()})
    except (KeyError, RuntimeError) as exc:
        raise InputError(f"{checkpoints[-1]}: not a checkpoint of the same network: {exc}") from exc
    return network.eval(), [int(each["step"]) for each in saved]


def _read(path: Path) -> dict[str, Any]:
    try:
        saved: dict[str, Any] = torch.load(path, weights_only=True)
    except (OSError, RuntimeError, EOFError) as exc:
        raise InputError(f"{path}: no checkpoint: {exc}") from exc
    if not {"mean", "step"} <= saved.keys():
        raise InputError(f"{path}: no checkpoint of a training")
    return saved
