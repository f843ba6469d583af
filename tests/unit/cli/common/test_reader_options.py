# SPDX-License-Identifier: AGPL-3.0-or-later
"""Engines named on the command line replace the configured ones."""

import pytest

from anpr.cli.common.reader_options import Engines
from anpr.settings import ReaderSettings


@pytest.mark.parametrize(
    ("engine", "recogniser", "expected"),
    [
        (None, None, ("onnxruntime", "onnxruntime")),
        ("openvino", None, ("openvino", "openvino")),
        ("ultralytics", None, ("ultralytics", "onnxruntime")),
        ("paddleocr", None, ("onnxruntime", "paddleocr")),
        ("ultralytics", "paddleocr", ("ultralytics", "paddleocr")),
        (None, "openvino", ("onnxruntime", "openvino")),
    ],
)
def test_choices(engine: str | None, recogniser: str | None, expected: tuple[str, str]) -> None:
    settings = Engines(engine=engine, recogniser=recogniser, threads=None).over(ReaderSettings())

    assert (settings.detector.engine, settings.recogniser.engine) == expected
    assert settings.threads == ReaderSettings().threads


def test_threads() -> None:
    assert Engines(engine=None, recogniser=None, threads=3).over(ReaderSettings()).threads == 3
