# SPDX-License-Identifier: AGPL-3.0-or-later
"""The loss, held against PyTorch's own and against sums over every text that could stand there."""

from typing import Any

import pytest

from anpr.reader.recognise.alphabet import PLATE_CHARACTERS

torch = pytest.importorskip("torch", reason="the extra `train` (torch) is not installed")

from scripts.training.recogniser.ctc import encode, losses  # noqa: E402
from scripts.training.recogniser.shape import CLASSES  # noqa: E402


def logits(count: int, steps: int, seed: int = 0) -> Any:
    return torch.randn(count, steps, CLASSES, generator=torch.Generator().manual_seed(seed)).double()


def test_plain_texts_cost_what_pytorch_says() -> None:
    texts = ["AB 12", "1 1A", "Z Z"]
    given, lengths = logits(3, 12), torch.tensor([12, 12, 9])
    codes = [torch.tensor(encode(text)) for text in texts]
    wanted = torch.nn.functional.ctc_loss(
        torch.log_softmax(given, 2).transpose(0, 1), torch.cat(codes), lengths, torch.tensor([len(c) for c in codes]),
        reduction="none",
    )  # fmt: skip

    assert torch.allclose(losses(given, texts, lengths), wanted)


def test_a_text_without_spaces_may_have_gaps_anywhere() -> None:
    given, lengths = logits(1, 3), torch.tensor([3])

    plain = losses(given, ["AB"], lengths).neg().exp()
    # "A B" in three steps is one way of reading AB; so plain must hold all of it.
    assert plain > losses(given, ["A B"], lengths).neg().exp()


def test_a_masked_sign_is_the_sum_of_all_signs() -> None:
    """Two steps, two characters: each step is one character, so the sum over all texts is exact."""
    given, lengths = logits(1, 2), torch.tensor([2])

    every = sum(losses(given, [f"A{sign}"], lengths).neg().exp() for sign in PLATE_CHARACTERS if sign != "A")
    masked = losses(given, ["A*"], lengths).neg().exp()

    logs = torch.log_softmax(given, 2).exp()
    again = logs[0, 0, encode("A")[0]] * logs[0, 1, encode("A")[0]]  # "AA" in two steps would need a blank between
    assert torch.allclose(masked, every + again)


def test_the_loss_teaches() -> None:
    given = logits(2, 10).requires_grad_()
    optimiser = torch.optim.Adam([given], lr=0.3)
    loss = torch.tensor(0.0)
    for _ in range(60):
        loss = losses(given, ["AB12", "Ö*7"], torch.tensor([10, 8])).sum()
        optimiser.zero_grad()
        loss.backward()
        assert torch.isfinite(given.grad).all()
        optimiser.step()

    assert loss < 0.1
    assert not given.grad[1, 8:].any(), "steps beyond the length do not count"
