# SPDX-License-Identifier: AGPL-3.0-or-later
"""CTC loss (connectionist temporal classification) with wildcard characters and obligatory gaps.

Written out (Graves et al. 2006), because the one in PyTorch takes only normalised columns, and the column "any
character" is the sum of others.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from anpr.reader.recognise.alphabet import PLATE_CHARACTERS
from scripts.training.recogniser.shape import CLASSES

BLANK, GAP, ANY = 0, CLASSES - 1, CLASSES
"""Columns: the network's blank and gap, and the sum of all its characters."""
MASKED = "*"
_NEVER = -1e30


def encode(text: str) -> list[int]:
    """Columns of a text: characters, a space for a gap that must be seen, `*` for a character that nobody knows."""
    special = {" ": GAP, MASKED: ANY}
    return [special.get(character) or 1 + PLATE_CHARACTERS.index(character) for character in text]


def losses(logits: Tensor, texts: Sequence[str], lengths: Tensor) -> Tensor:
    """The negative log likelihood (N,) of each text under logits (N, T, CLASSES), of which `lengths` (N,) steps count.

    In a text without spaces a gap is as good as a blank.
    """
    spaced = torch.tensor([" " in text for text in texts])
    labels, ends = _with_blanks(texts)
    steps = _columns(logits, spaced).gather(2, labels[:, None, :].expand(-1, logits.shape[1], -1))
    forward = torch.full_like(steps[:, 0], _NEVER)
    forward = torch.cat([steps[:, 0, :2], forward[:, 2:]], 1)
    skips = _may_skip(labels)
    for step in range(1, steps.shape[1]):
        grown = _advance(forward, skips) + steps[:, step]
        forward = torch.where((step < lengths)[:, None], grown, forward)
    last = forward.gather(1, torch.stack([ends - 1, ends - 2], 1))
    return -torch.logsumexp(last, 1)


def _columns(logits: Tensor, spaced: Tensor) -> Tensor:
    """Log probabilities (N, T, CLASSES + 1)."""
    logs = torch.log_softmax(logits, 2)
    blank, signs, gap = logs[:, :, :1], logs[:, :, 1:GAP], logs[:, :, GAP:]
    either = torch.where(spaced[:, None, None], blank, torch.logaddexp(blank, gap))
    return torch.cat([either, signs, gap, torch.logsumexp(signs, 2, keepdim=True)], 2)


def _with_blanks(texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Labels (N, S) with blanks between, before and after; and how many of them count (N,)."""
    codes = [encode(text) for text in texts]
    labels = torch.zeros(len(codes), 2 * max(map(len, codes)) + 1, dtype=torch.long)
    for row, code in enumerate(codes):
        labels[row, 1 : 2 * len(code) : 2] = torch.tensor(code)
    return labels, torch.tensor([2 * len(code) + 1 for code in codes])


def _may_skip(labels: Tensor) -> Tensor:
    """Where the blank before a label may be left out: it is none itself and differs from the label before."""
    may = torch.zeros_like(labels, dtype=torch.bool)
    may[:, 2:] = (labels[:, 2:] != BLANK) & (labels[:, 2:] != labels[:, :-2])
    return may


def _advance(forward: Tensor, skips: Tensor) -> Tensor:
    """Log likelihood of arriving at each label from itself, from the one before, or over a blank."""
    never = torch.full_like(forward[:, :1], _NEVER)
    one = torch.cat([never, forward[:, :-1]], 1)
    two = torch.cat([never, never, forward[:, :-2]], 1)
    two = torch.where(skips, two, torch.full_like(two, _NEVER))
    return torch.logsumexp(torch.stack([forward, one, two]), 0)
