# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checkpoint of a PyTorch training run: network, running mean of its weights, optimiser and step in one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from anpr.domain.errors import InputError

SAVE_EVERY = 25
"""Steps between checkpoints: what a power cut may cost."""

Network = TypeVar("Network")


@dataclass(kw_only=True)
class State(Generic[Network]):
    """Where a run stands."""

    network: Network
    mean: Network
    """With the running mean of the weights."""
    optimiser: torch.optim.AdamW
    step: int = 0

    def _parts(self) -> dict[str, Any]:
        return {"network": self.network, "mean": self.mean, "optimiser": self.optimiser}

    def save(self, last: Path) -> None:
        """Replace the checkpoint; a run that is killed meanwhile keeps the one before."""
        fresh = last.with_suffix(".part")
        saved = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save({**saved, "step": self.step}, fresh)
        fresh.rename(last)

    def restore(self, last: Path) -> None:
        """Load a checkpoint. Raises InputError where it is none of this recipe."""
        try:
            saved: dict[str, Any] = torch.load(last, weights_only=True)
            for name, part in self._parts().items():
                part.load_state_dict(saved[name])
            self.step = int(saved["step"])
        except (KeyError, RuntimeError, EOFError) as exc:
            raise InputError(f"{last}: not a checkpoint of this recipe: {exc}") from exc
