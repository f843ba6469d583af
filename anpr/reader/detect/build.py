# SPDX-License-Identifier: AGPL-3.0-or-later
"""Detector factory: builds the engine that the settings name, and imports no other."""

from pathlib import Path

from anpr.reader.detect.detector import Detector, NetworkDetector, RawNetwork
from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from anpr.settings import DetectorSettings

FLOOR = 0.1
"""Boxes below this score are texture, and not even reported as turned down."""


def build_detector(settings: DetectorSettings, threads: int) -> Detector:
    """Load the weights and be ready.

    Raises ModelError when the card, the weights or the engine's package is missing or wrong. It reports boxes down
    to the lower of FLOOR and `settings.min_score`; whoever reads them draws the line, so that a vehicle that was not
    read can be explained.
    """
    card = load_card(settings.model, "detect")
    network = _network(settings.engine, card.weights(), threads)
    return NetworkDetector(network, card.input, min(FLOOR, settings.min_score))


def _network(engine: str, weights: Path, threads: int) -> RawNetwork:
    if engine == "ultralytics":
        from anpr.reader.detect.ultralytics_engine import UltralyticsNetwork  # noqa: PLC0415

        return UltralyticsNetwork(weights, threads)
    if engine == "openvino":
        from anpr.reader.network.openvino import OpenVinoNetwork  # noqa: PLC0415

        return OpenVinoNetwork(weights, threads)
    return OnnxNetwork(weights, threads)
