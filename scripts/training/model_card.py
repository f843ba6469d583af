# SPDX-License-Identifier: AGPL-3.0-or-later
"""Model card writer: the JSON file beside exported weights, as `anpr.reader.network.model_card` reads it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the trainer knows of the weights it has just exported."""

    version: str
    training: dict[str, Any]
    scores: dict[str, Any]
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is the same for all weights of one network."""

    task: str
    architecture: str
    interface: Mapping[str, Any]
    """`input`, `output`, and the alphabet or the classes."""
    licence: str
    limits: Sequence[str]


def write_card(weights: Path, description: Description, facts: Facts) -> Path:
    """Write the card `<weights>.json` beside the ONNX file and return its path."""
    card = {
        "name": weights.stem,
        "version": facts.version,
        "task": description.task,
        "architecture": description.architecture,
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        **description.interface,
        "training": facts.training,
        "scores": facts.scores,
        "licence": description.licence,
        "limits": list(description.limits),
        "created": facts.created.isoformat(timespec="seconds"),
    }
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
