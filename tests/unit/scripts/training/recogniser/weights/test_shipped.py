# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exported weights go back into the training network, whatever the input size."""

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from anpr.domain.errors import InputError  # noqa: E402
from scripts.training.recogniser.weights.export import export_onnx  # noqa: E402
from scripts.training.recogniser.weights.network import FULL, PlateNetwork  # noqa: E402
from scripts.training.recogniser.weights.shipped import load_shipped  # noqa: E402

SHAPES = tuple(replace(shape, hidden=16) for shape in FULL)


def test_exported_weights_come_back_and_read_other_sizes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    before = PlateNetwork(SHAPES).eval()
    for parameter in before.parameters():  # the exporter keeps one of equal constants, and fresh norms are equal
        parameter.data += 0.01 * torch.randn_like(parameter)
    weights = export_onnx(before, tmp_path / "plate.onnx")

    after = load_shipped(weights, PlateNetwork(SHAPES)).eval()

    line = torch.rand(1, 3, 32, 160)
    with torch.no_grad():
        assert torch.allclose(before(line), after(line))
        assert after(line).shape[1] == 40


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    weights = export_onnx(PlateNetwork(SHAPES), tmp_path / "plate.onnx")

    with pytest.raises(InputError, match="not the parameters of this network"):
        load_shipped(weights, PlateNetwork(FULL))
