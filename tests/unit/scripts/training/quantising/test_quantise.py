# SPDX-License-Identifier: AGPL-3.0-or-later
"""8-bit weights made for real from the shipped float weights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.capture.image_file import Image, read_image
from anpr.domain.errors import ModelError
from anpr.reader.detect.detector import NetworkDetector
from anpr.reader.detect.letterbox import letterbox
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from tests.support.streets import write_street

onnx = pytest.importorskip("onnx", reason="the package onnx is not installed: nothing can be quantised")

from scripts.training.quantising.graph import take_pixels  # noqa: E402  they need it
from scripts.training.quantising.quantise import exact, quantise  # noqa: E402

pytestmark = pytest.mark.slow

CARD = load_card("plate_detector", "detect")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return read_image(write_street(tmp_path_factory.mktemp("street") / "street.png", "FK123LT").path)


def test_quantised_weights_find_the_same_plate(street: Image, tmp_path: Path) -> None:
    blobs: Iterator[Blob] = iter([letterbox(street, CARD.input)[0], letterbox(street[:, ::-1], CARD.input)[0]])

    path = quantise(CARD, blobs, tmp_path / "small.onnx")

    assert path.stat().st_size < CARD.weights().stat().st_size / 3
    pixels = CARD.input.model_copy(update={"values": "pixels"})
    (expected,), (found,) = (
        NetworkDetector(OnnxNetwork(weights, 1), wanted, 0.25).detect(street)
        for weights, wanted in ((CARD.weights(), CARD.input), (path, pixels))
    )
    assert found.box.iou(expected.box) > 0.9
    assert found.score == pytest.approx(expected.score, abs=0.1)


def test_the_last_layers_stay_exact() -> None:
    names = exact(onnx.load(CARD.weights()), "detect")

    assert sum("cv3" in name for name in names) == 3
    assert not any("/model.22/" in name for name in names)


def test_a_recognisers_first_and_squeezing_layers_stay_exact() -> None:
    model = onnx.load(load_card("plate_recogniser_small", "recognise").weights())
    names = exact(model, "recognise")

    assert 0 < len(names) < sum(node.op_type == "Conv" for node in model.graph.node) / 2
    outputs = [node.output[0] for node in model.graph.node if node.name in names]
    assert all("/stem/" in output or "/squeeze/" in output for output in outputs)


def test_pixels_take_the_place_of_nothing_but_one_rounding() -> None:
    with pytest.raises(ModelError, match="the input images is not rounded to 8 bits from zero on"):
        take_pixels(onnx.load(CARD.weights()), CARD.input.scale)
