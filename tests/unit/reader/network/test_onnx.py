# SPDX-License-Identifier: AGPL-3.0-or-later
"""Networks that do not load, or throw, are one clear error and never an empty answer."""

from pathlib import Path

import numpy as np
import pytest

from anpr.domain.errors import ModelError
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    path.write_bytes(b"these are no weights")

    with pytest.raises(ModelError, match=r"weights\.onnx: ONNX Runtime cannot load it") as raised:
        OnnxNetwork(path, 1)

    assert "\n" not in str(raised.value)


def test_an_input_of_another_shape_is_an_error() -> None:
    network = OnnxNetwork(load_card("plate_detector", "detect").weights(), 1)

    with pytest.raises(ModelError, match=r"plate_detector\.onnx: failed on an input of \(1, 3, 7, 7\)"):
        network.run(np.zeros((1, 3, 7, 7), np.float32))


def test_the_shipped_detector_gives_what_its_card_says() -> None:
    card = load_card("plate_detector", "detect")
    blob = np.full((1, 3, card.input.height, card.input.width), 0.45, np.float32)

    output = OnnxNetwork(card.weights(), 1).run(blob)

    assert output.shape == card.output.shape
    assert output.dtype == np.float32


def test_the_shipped_recogniser_gives_probabilities() -> None:
    card = load_card("plate_recogniser", "recognise")
    network = OnnxNetwork(card.weights(), 1)

    for width in card.input.widths:
        output = network.run(np.zeros((1, 3, card.input.height, width), np.float32))
        assert output.shape == (1, width // 8, card.output.shape[2])
        assert np.allclose(output.sum(axis=2), 1.0, atol=1e-3)
    assert "character" in network.metadata()
