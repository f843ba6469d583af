# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every installed engine finds the same boxes and reads the same texts with the same weights."""

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from anpr.capture.image_file import Image, read_image
from anpr.domain.errors import ModelError
from anpr.reader.detect import build_detector
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.reader.recognise import build_recogniser
from anpr.settings import DetectorSettings, ReaderSettings, RecogniserSettings
from tests.support.streets import write_street

DETECTORS = ("onnxruntime", "openvino", "ultralytics")
RECOGNISERS = ("onnxruntime", "openvino", "paddleocr")
PP_OCR, FLOAT, OURS = "plate_recogniser", "plate_recogniser_small", "plate_recogniser_small_int8"
READ_WITH = [
    ("onnxruntime", OURS),
    ("openvino", FLOAT),
    ("openvino", OURS),
    ("openvino", PP_OCR),
    ("paddleocr", PP_OCR),
]
EXTRAS = {"openvino": "openvino", "ultralytics": "train", "paddleocr": "reader"}

# PaddleOCR and Ultralytics use names of Python and of their own dependencies that are on their way out.
pytestmark = pytest.mark.filterwarnings("default")


def installed(engine: str) -> bool:
    needed = {"ultralytics": ("ultralytics", "torch")}.get(engine, (engine,))
    return all(importlib.util.find_spec(package) is not None for package in needed)


def skip_unless_installed(engine: str) -> None:
    if not installed(engine):
        pytest.skip(f"the engine {engine} is not installed: anpr[{EXTRAS[engine]}]")


@cache
def reader(engine: str, model: str) -> PlateReader:
    """The reader with this engine for texts, and these weights whatever the engine."""
    return build_plate_reader(ReaderSettings.model_validate({"recogniser": {"engine": engine, "model": model}}))


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    folder = tmp_path_factory.mktemp("streets")
    return {text: read_image(write_street(folder / f"{text}.png", text).path) for text in ("GB456MN", "FK123LT")}


def test_paddleocr_asks_nobody_for_anything(tmp_path: Path, repository: Path) -> None:
    """What it brings along can fetch models from four hosts; the engine gives it a local folder."""
    skip_unless_installed("paddleocr")
    street = write_street(tmp_path / "street.png", "GB456MN").path
    program = """
import sys
asked = []
outward = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request", "http.client.connect")
sys.addaudithook(lambda event, args: asked.append((event, repr(args))) if event in outward else None)
from pathlib import Path
from anpr.capture.image_file import read_image
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.settings import ReaderSettings
settings = ReaderSettings.model_validate({"recogniser": {"engine": "paddleocr", "model": "plate_recogniser"}})
found = build_plate_reader(settings).read(read_image(Path(sys.argv[1])))
assert found, "nothing was read"
sys.exit(repr(asked) if asked else 0)
"""
    command = [sys.executable, "-c", program, str(street)]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("model", "overlap", "score"),
    # Engines round 8-bit sums each in its own way.
    [("plate_detector", 0.98, 0.01), ("plate_detector_int8", 0.94, 0.03)],
)
@pytest.mark.parametrize("engine", DETECTORS)
def test_detectors_find_the_same_boxes(
    engine: str, model: str, overlap: float, score: float, streets: dict[str, Image]
) -> None:
    skip_unless_installed(engine)
    ours = build_detector(DetectorSettings(model=model), 1)
    theirs = build_detector(DetectorSettings.model_validate({"engine": engine, "model": model}), 1)

    for image in streets.values():
        expected, found = ours.detect(image), theirs.detect(image)
        assert expected
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            assert one.box.iou(other.box) > overlap
            assert other.score == pytest.approx(one.score, abs=score)


@pytest.mark.parametrize(("engine", "model"), READ_WITH)
def test_recognisers_read_the_same_texts(engine: str, model: str, streets: dict[str, Image]) -> None:
    skip_unless_installed(engine)
    for text, image in streets.items():
        (expected,), (found,) = reader("onnxruntime", model).read(image), reader(engine, model).read(image)
        assert found.text == expected.text == text
        assert found.raw == expected.raw
        # Engines round 8-bit sums each in its own way.
        assert found.confidence == pytest.approx(expected.confidence, abs=0.03 if model == OURS else 0.01)


@pytest.mark.parametrize("engine", [engine for engine in EXTRAS if not installed(engine)])
def test_a_missing_engine_is_one_clear_error(engine: str) -> None:
    message = rf"the engine {engine} needs the package \w+: install anpr\[{EXTRAS[engine]}\]"

    with pytest.raises(ModelError, match=message):
        build(engine)


def build(engine: str) -> None:
    """The detector with this engine, or the recogniser where it is none of a detector's."""
    if engine in DETECTORS:
        build_detector(DetectorSettings.model_validate({"engine": engine}), 1)
    else:
        build_recogniser(RecogniserSettings.model_validate({"engine": engine}), 1)


@pytest.mark.parametrize("engine", RECOGNISERS)
def test_each_engine_reads_without_a_model_being_named(engine: str, streets: dict[str, Image]) -> None:
    skip_unless_installed(engine)
    plates = build_plate_reader(ReaderSettings.model_validate({"recogniser": {"engine": engine}}))
    for text, image in streets.items():
        assert [read.text for read in plates.read(image)] == [text]


@pytest.mark.parametrize(("engine", "model"), READ_WITH)
def test_the_real_italian_plates_read_alike(engine: str, model: str, shared_data: Path) -> None:
    skip_unless_installed(engine)
    for path in sorted((shared_data / "italian" / "images").glob("it_crop_[12]*"))[:4]:
        image = read_image(path)
        expected = [read.text for read in reader("onnxruntime", model).read(image)]
        assert [read.text for read in reader(engine, model).read(image)] == expected
