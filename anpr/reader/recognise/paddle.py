# SPDX-License-Identifier: AGPL-3.0-or-later
"""PaddleOCR engine (`TextRecognition` on ONNX Runtime), on a local model folder.

PaddleOCR hands out finished text; we keep its runner and take the probabilities, so that what is read with this
engine is decoded like with any other. Importing it takes seconds, so nothing else imports this module.
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from anpr.domain.errors import ModelError
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import ModelCard
from anpr.reader.recognise.opencv_alias import install_alias

_MODEL_NAME = "PP-OCRv6_small_rec"
"""PaddleOCR chooses the kind of predictor by this name; the weights are the card's own."""


class PaddleNetwork:
    """PaddleOCR's text recognition around the card's weights."""

    def __init__(self, card: ModelCard, characters: tuple[str, ...], threads: int) -> None:
        self._name = card.name
        with TemporaryDirectory(prefix="anpr-paddleocr-") as folder:
            write_model_folder(Path(folder), card, characters)
            self._recognition = _text_recognition(Path(folder), threads)

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """(1, steps, characters) probabilities. Raises ModelError when it throws."""
        try:
            output = self._recognition.paddlex_predictor.runner(x=blob)[0]
        except Exception as exc:
            raise ModelError(f"{self._name}: PaddleOCR failed on an input of {blob.shape}: {exc}") from exc
        return np.asarray(output, np.float32)


def write_model_folder(folder: Path, card: ModelCard, characters: tuple[str, ...]) -> None:
    """The folder that PaddleOCR loads: the weights, and `inference.yml` with the shape and the characters."""
    (folder / "inference.onnx").symlink_to(card.weights().resolve())
    description = {
        "Global": {"model_name": _MODEL_NAME},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, card.input.height, card.input.width]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(characters)},
    }
    (folder / "inference.yml").write_text(yaml.safe_dump(description, allow_unicode=True), encoding="utf-8")


def _text_recognition(folder: Path, threads: int) -> Any:
    install_alias()
    try:
        import paddleocr  # noqa: PLC0415  seconds, and only when this engine is chosen
    except ImportError as exc:
        raise ModelError("the engine paddleocr needs the package paddleocr: install anpr[reader]") from exc
    except OSError as exc:  # it makes cache folders while it is imported
        raise ModelError(f"the engine paddleocr needs a home folder it can write to: {exc}") from exc
    logging.getLogger("paddlex").setLevel(logging.ERROR)
    try:
        return paddleocr.TextRecognition(
            model_name=_MODEL_NAME,
            model_dir=str(folder),
            engine="onnxruntime",
            engine_config={"intra_op_num_threads": threads, "log_severity_level": 3},
            device="cpu",
        )
    except Exception as exc:
        raise ModelError(f"PaddleOCR cannot load the model: {exc}") from exc
