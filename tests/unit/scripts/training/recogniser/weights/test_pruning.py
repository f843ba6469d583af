# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thinning: nothing lost when all is kept, little when half is."""

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` (torch) is not installed")

from scripts.training.recogniser.shape import CLASSES, HEIGHT, STEPS, WIDTH  # noqa: E402
from scripts.training.recogniser.weights.network import BlockShape, PlateNetwork, parameters  # noqa: E402
from scripts.training.recogniser.weights.pruning import thinned  # noqa: E402

SMALL = (BlockShape(into=96, out=96, hidden=64, squeeze=True), BlockShape(into=96, out=48, hidden=64, halved=True))


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def network() -> PlateNetwork:
    torch.manual_seed(3)
    made = PlateNetwork(SMALL)
    made.eval()
    return made


def test_output_is_one_row_of_logits_every_four_pixels() -> None:
    assert network()(torch.zeros(2, 3, HEIGHT, WIDTH)).shape == (2, STEPS, CLASSES)


def test_keeping_all_changes_nothing() -> None:
    whole, pictures = network(), torch.randn(4, 3, HEIGHT, WIDTH)

    same = thinned(whole, pictures, 1.0).eval()

    assert torch.allclose(same(pictures), whole(pictures), atol=1e-4)


def test_the_rest_takes_over_for_what_is_gone() -> None:
    whole, pictures = network(), torch.randn(4, 3, HEIGHT, WIDTH)

    half = thinned(whole, pictures, 0.5).eval()

    assert [block.shape.hidden for block in half.blocks] == [32, 32]
    assert parameters(half) < parameters(whole)
    bare = network()
    for block in bare.blocks:  # the same units gone, nothing refitted
        block.project.weight[:, ::2] = 0
    wanted = whole(pictures)
    assert (half(pictures) - wanted).norm() < (bare(pictures) - wanted).norm()
