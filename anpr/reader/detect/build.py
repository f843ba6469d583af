"""The detector that the settings ask for; an engine is imported only when it is chosen."""

from anpr.reader.detect.detector import Detector, NetworkDetector
from anpr.reader.models import load_card
from anpr.reader.onnx import OnnxNetwork
from anpr.settings import DetectorSettings

FLOOR = 0.1
"""Boxes below this score are not even reported as rejected: they are texture. Measured on pictures without plates."""


def build_detector(settings: DetectorSettings, threads: int) -> Detector:
    """Load the weights and be ready. Raises ModelError when the card, the weights or the engine's package is missing.

    It reports boxes down to the lower of FLOOR and `settings.min_score`; whoever reads them draws the line, so that
    a vehicle that was not read can be explained.
    """
    card = load_card(settings.model, "detect")
    least_score = min(FLOOR, settings.min_score)
    if settings.engine == "ultralytics":
        from anpr.reader.detect.ultralytics_engine import UltralyticsDetector  # noqa: PLC0415

        return UltralyticsDetector(card, threads, least_score)
    if settings.engine == "openvino":
        from anpr.reader.openvino import OpenVinoNetwork  # noqa: PLC0415

        return NetworkDetector(OpenVinoNetwork(card.weights(), threads), card.input, least_score)
    return NetworkDetector(OnnxNetwork(card.weights(), threads), card.input, least_score)
