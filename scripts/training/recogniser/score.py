# SPDX-License-Identifier: AGPL-3.0-or-later
"""Score of the bare network: crops read right without grammar or second look."""

from typing import Any

import torch

from anpr.domain.interval import wilson
from anpr.domain.plate import look_alike_key
from scripts.training.recogniser.data.augment import plain_lines
from scripts.training.recogniser.data.samples import Crop
from scripts.training.recogniser.data.views import as_pictures
from scripts.training.recogniser.shape import CHARACTERS
from scripts.training.recogniser.weights.network import PlateNetwork


def plain_score(network: PlateNetwork, crops: tuple[Crop, ...]) -> dict[str, Any]:
    """Shares of the greedy texts that are right, strictly and with look-alikes folded, with 95 % intervals."""
    reads = greedy_texts(network, crops)
    strict = sum(read == crop.text for read, crop in zip(reads, crops, strict=True))
    folded = sum(look_alike_key(read) == look_alike_key(crop.text) for read, crop in zip(reads, crops, strict=True))
    return {"n": len(crops), "strict_raw": _share(strict, len(crops)), "folded_raw": _share(folded, len(crops))}


@torch.no_grad()  # type: ignore[untyped-decorator]
def greedy_texts(network: PlateNetwork, crops: tuple[Crop, ...]) -> list[str]:
    """The most probable character of each step with repeats, blanks and gaps removed."""
    network.eval()
    texts = []
    for crop in crops:
        best = network(as_pictures([plain_lines(crop)])).argmax(2).tolist()
        texts.append("".join(_text(row) for row in best))
    return texts


def _text(columns: list[int]) -> str:
    kept = [new for old, new in zip([0, *columns], columns, strict=False) if new and new != old]
    return "".join(CHARACTERS[column - 1] for column in kept).replace(" ", "")


def _share(hits: int, of: int) -> list[float]:
    low, high = wilson(hits, of)
    return [round(hits / of if of else 0.0, 4), round(low, 4), round(high, 4)]
