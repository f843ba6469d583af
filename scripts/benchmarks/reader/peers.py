# SPDX-License-Identifier: AGPL-3.0-or-later
"""Peers under measurement: our reader, and others that install from package registries with their weights.

rapidocr, whole image: as it comes; it finds text, not plates, so of its lines those count that could be a plate (4 to
10 letters and digits, one digit at least). PP-OCR on our crops: our detector and PP-OCRv6 small in place of our
recogniser. tesseract on our crops: our detector and Debian's tesseract-ocr, one line of capital letters and digits.
fast-plate-ocr, fast-alpr and open-image-models are not among them: their packages fetch the weights from elsewhere when
they run first.
"""

import re
import shutil
import subprocess
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.evaluate import LabelledImage
from anpr.reader.evaluate.run import Reads, our_reader
from anpr.reader.evaluate.score import Answer
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.crop import cut
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.settings import ReaderSettings

_PLATE = re.compile(r"(?=.*[0-9])[0-9A-ZÄÖÜ]{4,10}")
_TESSERACT = (
    "tesseract", "stdin", "stdout", "--psm", "7", "-c", "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
)  # fmt: skip
_TESSERACT_WITHIN_S = 20
_TESSERACT_HEIGHT_PX = 64
"""It reads letters of 20 px and more best (its manual, "Improving the quality of the output")."""


def readers(threads: int) -> dict[str, Reads]:
    """Name and reader, ours first."""
    ours = build_plate_reader(_settings(threads))
    found: dict[str, Reads] = {
        "anpr": our_reader(ours),
        "anpr without second opinion": our_reader(build_plate_reader(_settings(threads, ask=False))),
        "our detector, PP-OCRv6 small": our_reader(
            build_plate_reader(_settings(threads, ask=False, model="plate_recogniser"))
        ),
        f"rapidocr {version('rapidocr')}, whole picture": rapidocr_reader(threads),
    }
    if shutil.which(_TESSERACT[0]):
        found[f"our detector, {_tesseract_version()}"] = tesseract_reader(ours)
    return found


def _settings(threads: int, *, ask: bool = True, model: str | None = None) -> ReaderSettings:
    return ReaderSettings.model_validate(
        {"threads": threads, "second_opinion": {"ask": ask}, "recogniser": {"model": model}}
    )


def rapidocr_reader(threads: int) -> Reads:
    """Plain rapidocr on the whole image."""
    from rapidocr import RapidOCR  # noqa: PLC0415  a second, and it logs

    ocr = RapidOCR(
        params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": threads},
    )

    def read(image: Image, _: LabelledImage) -> list[Answer]:
        result: Any = ocr(image)
        if result.txts is None or result.boxes is None:
            return []
        return [
            Answer(text=text, box=_box(corners))
            for text, corners in zip(map(characters, result.txts), result.boxes, strict=True)
            if _PLATE.fullmatch(text)
        ]

    return read


def tesseract_reader(ours: PlateReader) -> Reads:
    """Tesseract, a process for each crop that our detector finds; it takes one thread for so small an image."""

    def read(image: Image, _: LabelledImage) -> list[Answer]:
        found = ((detection.box, _by_tesseract(cut(image, detection.box))) for detection in ours.find(image).detections)
        return [Answer(text=text, box=box) for box, text in found if _PLATE.fullmatch(text)]

    return read


def _by_tesseract(plate: Image) -> str:
    scale = max(1.0, _TESSERACT_HEIGHT_PX / plate.shape[0])
    large = cv2.resize(plate, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    done = subprocess.run(
        _TESSERACT,
        input=encode_jpeg(np.asarray(large, np.uint8)),
        capture_output=True,
        check=True,
        timeout=_TESSERACT_WITHIN_S,
    )
    return characters(done.stdout.decode("utf-8"))


def _tesseract_version() -> str:
    done = subprocess.run((_TESSERACT[0], "--version"), capture_output=True, check=True, timeout=_TESSERACT_WITHIN_S)
    return done.stdout.decode("utf-8").splitlines()[0]


def characters(text: str) -> str:
    """The letters and digits of `text`, in upper case."""
    return re.sub(r"[^0-9A-ZÄÖÜ]", "", text.upper())


def _box(corners: Any) -> Box:
    xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    return Box(x=min(xs), y=min(ys), w=max(1.0, max(xs) - min(xs)), h=max(1.0, max(ys) - min(ys)))
