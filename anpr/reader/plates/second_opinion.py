# SPDX-License-Identifier: AGPL-3.0-or-later
"""Second recogniser: loaded lazily, serialised, time-boxed for live cameras."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from anpr.capture.image_file import Image
from anpr.domain.grammar.rerank import Evidence, weigh
from anpr.domain.read import Candidate
from anpr.domain.reasons import Asked
from anpr.reader.network.model_card import load_card
from anpr.reader.plates.confused import forgiven
from anpr.reader.plates.pooling import pooled
from anpr.reader.recognise import Reading, Recogniser, build_recogniser
from anpr.reader.recognise.build import default_model
from anpr.runtime.clock import Clock
from anpr.settings import ReaderSettings, RecogniserSettings, SecondOpinionSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """What came of asking."""

    outcome: Asked
    candidates: tuple[Candidate, ...] = ()
    """Of both readers, best first; empty when there was no answer."""
    raw: str = ""
    """What the second saw, before any grammar."""


class SecondOpinion:
    """One for all cameras: it is seldom asked, and its network takes memory. Safe to use from several threads."""

    def __init__(self, build: Callable[[], Recogniser], settings: SecondOpinionSettings, clock: Clock) -> None:
        self._build = build
        self._settings = settings
        self._clock = clock
        self._recogniser: Recogniser | None = None
        self._turn = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="second-opinion")

    def wants(self, confidence: float) -> bool:
        """Whether a text of this confidence is in doubt."""
        return confidence < self._settings.below

    def ask(self, plate: Image, first: Sequence[Candidate], *, patient: bool) -> Opinion:
        """What it makes of a crop of a plate, together with what the first reader made of it.

        Not `patient`, it is waited for `wait_s` at most, the turn and the loading of the weights included: LATE.
        Raises ModelError when its network cannot be loaded or throws.
        """
        reading = self._read(plate, None if patient else self._clock.monotonic() + self._settings.wait_s)
        if reading is None:
            return Opinion(outcome=Asked.LATE)
        second = forgiven(weigh(reading.candidates, evidence_of(reading)), first)
        both = pooled(first, second, self._settings.weight)
        same = bool(both) and bool(first) and both[0].text == first[0].text
        return Opinion(outcome=Asked.CONFIRMED if same else Asked.CHANGED, candidates=both, raw=reading.raw)

    def _read(self, plate: Image, until: float | None) -> Reading | None:
        if not self._turn.acquire(timeout=self._left(until)):
            return None
        asked: Future[Reading] = self._thread.submit(self._recognise, plate)
        asked.add_done_callback(lambda _: self._turn.release())  # one that is late keeps its turn until it is done
        try:
            return asked.result(None if until is None else self._left(until))
        except TimeoutError:
            return None

    def _left(self, until: float | None) -> float:
        return -1 if until is None else max(0.0, until - self._clock.monotonic())

    def _recognise(self, plate: Image) -> Reading:
        if self._recogniser is None:
            self._recogniser = self._build()
            log.debug("the second opinion's weights are loaded")
        return self._recogniser.recognise(plate)


def evidence_of(reading: Reading) -> Evidence:
    """What a recogniser saw beside the characters, as the grammar takes it."""
    return Evidence(raw=reading.raw, groups=reading.groups, right_band=reading.right_band, lines=reading.lines)


def build_second_opinion(settings: ReaderSettings, clock: Clock) -> SecondOpinion | None:
    """The second opinion that the settings ask for; None when they ask for none, or it were the first one again.

    Its weights are looked for now and loaded later. Raises ModelError when they are missing or wrong.
    """
    second = settings.second_opinion
    first = settings.recogniser.model or default_model(settings.recogniser.engine)
    if not second.ask or second.model == first:
        return None
    load_card(second.model, "recognise").weights()
    wanted = RecogniserSettings(engine=second.engine, model=second.model)
    return SecondOpinion(lambda: build_recogniser(wanted, settings.threads), second, clock)
