# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recogniser factory: builds the engine that the settings name, and imports no other."""

from anpr.domain.errors import ModelError
from anpr.reader.network.model_card import Calibration, ModelCard, load_card
from anpr.reader.network.onnx import OnnxNetwork
from anpr.reader.recognise.alphabet import folding
from anpr.reader.recognise.recogniser import LineRecogniser, StepNetwork
from anpr.settings import RecogniserSettings


def build_recogniser(
    settings: RecogniserSettings, threads: int, calibration: Calibration | None = None
) -> LineRecogniser:
    """Load the weights and be ready. `calibration` replaces the card's.

    Raises ModelError when the card, the weights or the engine's package is missing or wrong.
    """
    card = load_card(settings.model or default_model(settings.engine), "recognise")
    own = OnnxNetwork(card.weights(), threads)
    characters = _characters(card, own)
    try:
        signs = folding(characters)
    except ValueError as exc:
        raise ModelError(f"{card.name}: {exc}") from exc
    network = own if settings.engine == "onnxruntime" else _other(settings.engine, card, characters, threads)
    return LineRecogniser(network, card.input, signs, calibration or card.calibration)


def default_model(engine: str) -> str:
    """The card an engine reads with when the settings name none: ours, except where only PP-OCR runs."""
    return "plate_recogniser" if engine == "paddleocr" else "plate_recogniser_small_int8"


def _other(engine: str, card: ModelCard, characters: tuple[str, ...], threads: int) -> StepNetwork:
    if engine == "openvino":
        from anpr.reader.network.openvino import OpenVinoNetwork  # noqa: PLC0415

        return OpenVinoNetwork(card.weights(), threads)
    from anpr.reader.recognise.paddle import PaddleNetwork  # noqa: PLC0415

    return PaddleNetwork(card, characters[:-1], threads)  # it appends the space itself


def _characters(card: ModelCard, network: OnnxNetwork) -> tuple[str, ...]:
    """The characters of the output after the blank: named in the card, or in the weights' metadata."""
    if card.alphabet is not None:
        return card.alphabet
    listed = network.metadata().get(card.alphabet_metadata or "")
    if listed is None:
        raise ModelError(f"{card.name}: the weights have no metadata {card.alphabet_metadata!r} with characters")
    return (*listed.split("\n"), " ")  # PaddleOCR appends the space (use_space_char)
