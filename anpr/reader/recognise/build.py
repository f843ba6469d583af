"""The recogniser that the settings ask for; an engine is imported only when it is chosen."""

from anpr.domain.errors import ModelError
from anpr.reader.models import ModelCard, load_card
from anpr.reader.onnx import OnnxNetwork
from anpr.reader.recognise.alphabet import Folding, folding
from anpr.reader.recognise.reading import Recogniser
from anpr.reader.recognise.recogniser import LineRecogniser, StepNetwork
from anpr.settings import RecogniserSettings


def build_recogniser(settings: RecogniserSettings, threads: int) -> Recogniser:
    """Load the weights and be ready. Raises ModelError when the card, the weights or the engine's package is missing."""
    card = load_card(settings.model, "recognise")
    weights = card.weights()
    own = OnnxNetwork(weights, threads)
    network = _network(settings.engine, card, threads) if settings.engine != "onnxruntime" else own
    return LineRecogniser(network, card.input, _folding(card, own))


def _network(engine: str, card: ModelCard, threads: int) -> StepNetwork:
    if engine == "openvino":
        from anpr.reader.openvino import OpenVinoNetwork  # noqa: PLC0415

        return OpenVinoNetwork(card.weights(), threads)
    from anpr.reader.recognise.paddle import PaddleNetwork  # noqa: PLC0415

    return PaddleNetwork(card, threads)


def _folding(card: ModelCard, network: OnnxNetwork) -> Folding:
    """How this model's characters stand for plate signs; they are named in the card, or in the weights' metadata."""
    listed = card.alphabet
    if listed is None:
        named = network.metadata().get(card.alphabet_metadata or "")
        if named is None:
            raise ModelError(f"{card.name}: the weights have no metadata {card.alphabet_metadata!r} with characters")
        listed = (*named.split("\n"), " ")  # PaddleOCR appends the space (use_space_char)
    try:
        return folding(listed)
    except ValueError as exc:
        raise ModelError(f"{card.name}: {exc}") from exc
