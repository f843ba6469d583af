# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consistency regularisation (after CR-CTC, Yao et al. 2024): two frames of one plate must give the same text.

The frames of a camera are cut a px or two otherwise, so that a character may come a step earlier in one of them.
What is compared is therefore the mean over three steps.
"""

import torch
from torch import Tensor
from torch.nn import functional

_WINDOW = 3
"""Steps."""
_LEAST = 1e-4
"""Probability below which a difference teaches nothing."""


def differences(logits: Tensor, lengths: Tensor) -> Tensor:
    """How much the plates 2i and 2i + 1 differ (N / 2,): Kullback-Leibler divergence both ways, summed over the steps.

    Of logits (N, T, C) the first `lengths` (N,) steps count. Each frame learns from the other as it is: no gradient
    flows through the one that teaches.
    """
    logs = _pooled(logits).clamp(min=_LEAST).log()
    first, second = logs[0::2], logs[1::2]
    counted = torch.arange(logits.shape[1])[None] < lengths[0::2, None]
    both = _divergence(first, second.detach()) + _divergence(second, first.detach())
    return (both * counted).sum(1) / 2


def _pooled(logits: Tensor) -> Tensor:
    """Probabilities (N, T, C), each the mean of the steps around it."""
    steps = torch.softmax(logits, 2).transpose(1, 2)
    pooled = functional.avg_pool1d(steps, _WINDOW, stride=1, padding=_WINDOW // 2, count_include_pad=False)
    return pooled.transpose(1, 2)


def _divergence(logs: Tensor, teacher: Tensor) -> Tensor:
    return functional.kl_div(logs, teacher, reduction="none", log_target=True).sum(2)
