# SPDX-License-Identifier: AGPL-3.0-or-later
"""Product tokens of what a reader runs, for each of its transits: the program's version, and each model's card."""

from collections.abc import Iterator

import anpr
from anpr.contract.transit import MAX_SOFTWARE
from anpr.reader.network.model_card import ModelCard, load_card
from anpr.reader.recognise.build import default_model
from anpr.settings import ReaderSettings

_DIGITS = 12
"""Of a model's SHA-256: 48 bits tell models apart, whole digests would make the text longer than a transit."""


def software_of(settings: ReaderSettings) -> str:
    """`anpr/VERSION NAME/VERSION@DIGEST …`: program, detector, rectifier, recogniser, second opinion, as far as they
    are used. At most MAX_SOFTWARE characters. Raises ModelError where a card is missing or wrong."""
    words = [f"anpr/{anpr.__version__}", *(_word(card) for card in _cards(settings))]
    return " ".join(dict.fromkeys(words))[:MAX_SOFTWARE]


def _cards(settings: ReaderSettings) -> Iterator[ModelCard]:
    yield load_card(settings.detector.model, "detect")
    if settings.rectifier.use:
        yield load_card(settings.rectifier.model, "rectify")
    yield load_card(settings.recogniser.model or default_model(settings.recogniser.engine), "recognise")
    if settings.second_opinion.ask:
        yield load_card(settings.second_opinion.model, "recognise")


def _word(card: ModelCard) -> str:
    return f"{card.name}/{card.version}@{card.sha256[:_DIGITS]}"
