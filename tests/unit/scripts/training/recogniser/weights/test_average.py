# SPDX-License-Identifier: AGPL-3.0-or-later
"""Average of checkpoints: the mean of their running means, and no file that is none of them."""

from pathlib import Path

import pytest

from anpr.domain.errors import InputError

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")


def test_weights_are_averaged_and_their_steps_told(tmp_path: Path) -> None:
    from scripts.training.recogniser.recipe import Recipe
    from scripts.training.recogniser.weights.average import averaged
    from scripts.training.recogniser.weights.start import empty

    networks = [empty(Recipe()) for _ in range(2)]
    for number, network in enumerate(networks):
        torch.save({"mean": network.state_dict(), "step": 100 * number}, tmp_path / f"{number}.pt")

    made, steps = averaged([tmp_path / "0.pt", tmp_path / "1.pt"])

    assert steps == [0, 100]
    one, other = (network.state_dict()["head.weight"] for network in networks)
    assert torch.allclose(made.state_dict()["head.weight"], (one + other) / 2)


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    from scripts.training.recogniser.weights.average import averaged

    torch.save({"step": 1}, tmp_path / "x.pt")
    with pytest.raises(InputError, match=r"x\.pt: no checkpoint of a training"):
        averaged([tmp_path / "x.pt", tmp_path / "x.pt"])
