# SPDX-License-Identifier: AGPL-3.0-or-later
"""The folder that PaddleOCR is given, and what goes wrong before it runs."""

import sys
from pathlib import Path

import pytest
import yaml

from anpr.domain.errors import ModelError
from anpr.reader.network.model_card import load_card
from anpr.reader.recognise.paddle import PaddleNetwork, write_model_folder

CHARACTERS = ("A", "Ä", ":", "'", "\u3000")


def test_the_folder_holds_the_weights_and_describes_them(tmp_path: Path) -> None:
    card = load_card("plate_recogniser", "recognise")

    write_model_folder(tmp_path, card, CHARACTERS)

    assert (tmp_path / "inference.onnx").resolve() == card.weights().resolve()
    description = yaml.safe_load((tmp_path / "inference.yml").read_text(encoding="utf-8"))
    assert tuple(description["PostProcess"]["character_dict"]) == CHARACTERS
    assert {"RecResizeImg": {"image_shape": [3, 48, 320]}} in description["PreProcess"]["transform_ops"]


@pytest.mark.parametrize(
    ("failure", "complaint"),
    [
        ("raise ImportError('no')", r"needs the package paddleocr: install anpr\[reader\]"),
        ("raise PermissionError(13, 'Permission denied', '/home/x')", "needs a home folder it can write to"),
        (
            "def TextRecognition(**_): raise RuntimeError('no predictor')",
            "PaddleOCR cannot load the model: no predictor",
        ),
    ],
)
def test_what_keeps_paddleocr_from_loading_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str, complaint: str
) -> None:
    (tmp_path / "paddleocr.py").write_text(failure + "\n")
    monkeypatch.delitem(sys.modules, "paddleocr", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModelError, match=complaint):
        PaddleNetwork(load_card("plate_recogniser", "recognise"), CHARACTERS, 1)

    sys.modules.pop("paddleocr", None)
