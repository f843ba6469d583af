# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consistency regularisation (CR-CTC, Yao et al. 2024): two frames of one plate must give the same at every step."""

import torch
from torch import Tensor
from torch.nn import functional


def differences(logits: Tensor, lengths: Tensor) -> Tensor:
    """How much the plates 2i and 2i + 1 differ (N / 2,): Kullback-Leibler divergence both ways, summed over the steps.

    Of logits (N, T, C) the first `lengths` (N,) steps count. Each frame learns from the other as it is: no gradient
    flows through the one that teaches.
    """
    logs = torch.log_softmax(logits, 2)
    first, second = logs[0::2], logs[1::2]
    counted = torch.arange(logits.shape[1])[None] < lengths[0::2, None]
    both = _divergence(first, second.detach()) + _divergence(second, first.detach())
    return (both * counted).sum(1) / 2


def _divergence(logs: Tensor, teacher: Tensor) -> Tensor:
    return functional.kl_div(logs, teacher, reduction="none", log_target=True).sum(2)
