# SPDX-License-Identifier: AGPL-3.0-or-later
"""Corner finder factory: builds what the settings name."""

from anpr.reader.network.model_card import load_card
from anpr.reader.network.onnx import OnnxNetwork
from anpr.reader.rectify.corners import CornerFinder, NetworkCornerFinder
from anpr.settings import RectifierSettings


def build_corner_finder(settings: RectifierSettings, threads: int) -> CornerFinder | None:
    """Load the weights and be ready; None where plates are to be read without.

    Raises ModelError when the card or the weights are missing or wrong.
    """
    if not settings.use:
        return None
    card = load_card(settings.model, "rectify")
    return NetworkCornerFinder(OnnxNetwork(card.weights(), threads), card.input)
