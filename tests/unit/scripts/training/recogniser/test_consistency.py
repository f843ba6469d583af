# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consistency loss: nothing where two frames give the same, more the more they differ, only over steps that count."""

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")


def test_frames_that_agree_cost_nothing_and_others_pull_each_other() -> None:
    from scripts.training.recogniser.consistency import differences

    logits = torch.zeros(4, 8, 5)
    logits[3, 0, 2] = 4.0
    logits[3, 5:, 1] = 9.0  # behind the steps that count, further than a window
    logits.requires_grad_(True)

    found = differences(logits, torch.tensor([8, 8, 4, 4]))
    found.sum().backward()

    assert found[0] == 0
    assert found[1] > 0.1
    assert logits.grad[2, 0, 2] < 0 < logits.grad[3, 0, 2]  # the one rises, the other falls
    assert not logits.grad[2:, 5:].any()
