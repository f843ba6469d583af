# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cards beside weights: validated, and held against the bytes."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import pytest

from anpr.domain.errors import ModelError
from anpr.reader.network.model_card import load_card


def write_card(folder: Path, **changes: Any) -> Path:
    weights = folder / "weights.onnx"
    weights.write_bytes(b"weights")
    fields: dict[str, Any] = {
        "name": "test",
        "version": "1",
        "task": "detect",
        "architecture": "none",
        "file": "weights.onnx",
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "input": {"width": 64, "height": 32, "colour": "RGB", "scale": 1 / 255},
        "output": {"shape": [1, 5, 10], "format": "test"},
        "classes": ["plate"],
        "licence": "none",
        "created": "2026-11-23",
    }
    fields |= changes
    path = folder / "card.json"
    path.write_text(json.dumps({key: value for key, value in fields.items() if value is not None}))
    return path


SHIPPED = (
    ("plate_detector", "detect"),
    ("plate_detector_int8", "detect"),
    ("plate_recogniser", "recognise"),
    ("plate_recogniser_small", "recognise"),
    ("plate_recogniser_small_int8", "recognise"),
)


def test_shipped_cards_describe_weights_that_are_there() -> None:
    for name, task in SHIPPED:
        card = load_card(name, task)  # type: ignore[arg-type]
        assert card.name == name
        assert card.weights().is_file()
        assert card.licence
        assert card.limits


@pytest.mark.parametrize(("name", "task"), [("plate_detector", "detect"), ("plate_recogniser_small", "recognise")])
def test_8_bit_weights_were_made_of_the_shipped_ones(name: str, task: Literal["detect", "recognise"]) -> None:
    """Else: python -m scripts.training.quantise MODEL …/det, or …/rec for the recogniser."""
    source, small = load_card(name, task), load_card(f"{name}_int8", task)

    assert small.training["sha256"] == source.sha256
    assert small.version == source.version
    # A detector of 8 bits takes the pixels as they are; the recogniser's first layers stay floats.
    values = "pixels" if task == "detect" else "scaled"
    assert small.input == source.input.model_copy(update={"values": values})
    assert small.calibration == source.calibration


def test_weights_lie_beside_the_card(tmp_path: Path) -> None:
    card = load_card(str(write_card(tmp_path)), "detect")

    assert card.weights() == tmp_path / "weights.onnx"
    assert card.input.pad_value == 0


def test_other_weights_than_described_are_refused(tmp_path: Path) -> None:
    card = load_card(str(write_card(tmp_path)), "detect")
    (tmp_path / "weights.onnx").write_bytes(b"other")

    with pytest.raises(ModelError, match=r"weights\.onnx: not the weights that the card test 1 describes"):
        card.weights()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    card = load_card(str(write_card(tmp_path)), "detect")
    (tmp_path / "weights.onnx").unlink()

    with pytest.raises(ModelError, match=r"weights\.onnx: No such file"):
        card.weights()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": "short"}, "sha256"),
        ({"input": {"width": 64, "height": 32, "colour": "RGB"}}, r"input\.scale: Field required"),
        ({"input": {"width": 0, "height": 32, "colour": "RGB", "scale": 1}}, r"input\.width"),
        ({"task": "dream"}, "task"),
        ({"calibration": {"temperature": 0}}, r"calibration\.temperature"),
        ({"file": None}, "name the weights by `file`, or by `package` and `path`"),
        ({"task": "recognise"}, "name the characters by `alphabet`"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    path = write_card(tmp_path, **changes)

    with pytest.raises(ModelError, match=complaint) as raised:
        load_card(str(path), "detect")

    assert str(path) in str(raised.value)


def test_a_recogniser_is_no_detector() -> None:
    with pytest.raises(ModelError, match="can recognise, not detect"):
        load_card("plate_recogniser", "detect")


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00\xff"])
def test_a_file_that_is_no_card(tmp_path: Path, content: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(content)

    with pytest.raises(ModelError, match=r"card\.json: not a"):
        load_card(str(path), "detect")


def test_unknown_name_is_an_error_with_the_path() -> None:
    with pytest.raises(ModelError, match=r"no_such_model\.json: No such file"):
        load_card("no_such_model", "detect")


def test_missing_package_is_named(tmp_path: Path) -> None:
    path = write_card(tmp_path, file=None, package="no_such_package_at_all", path="x.onnx")

    with pytest.raises(ModelError, match=r"needs the package no_such_package_at_all: install anpr\[reader\]"):
        load_card(str(path), "detect").weights()
