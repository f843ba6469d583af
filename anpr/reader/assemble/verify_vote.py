# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vote verifier: asks the second recogniser about transits whose vote is in doubt."""

import logging
from dataclasses import replace

from anpr.domain.errors import ModelError
from anpr.domain.grammar.rerank import countries, named
from anpr.domain.reasons import Asked
from anpr.reader.assemble.best_shot import BestShot
from anpr.reader.assemble.vote import Verdict, plate_text
from anpr.reader.plates.crop import cut
from anpr.reader.plates.second_opinion import Opinion, SecondOpinion
from anpr.runtime.metrics import SECOND_OPINIONS, preset

log = logging.getLogger(__name__)


class VoteVerifier:
    """Verifies the votes of one camera. A failure is counted, and the vote stands."""

    def __init__(self, camera_id: str, second: SecondOpinion, *, patient: bool) -> None:
        """`patient`: whether to wait however long the answer takes; a video file can wait, a camera cannot."""
        self._camera_id = camera_id
        self._second = second
        self._patient = patient
        for outcome in Asked:
            preset(SECOND_OPINIONS, camera_id, outcome)

    def verify(self, verdict: Verdict, shot: BestShot) -> Verdict:
        """The verdict, with what the second recogniser reads in `shot`."""
        if verdict.second_raw is not None or not self._second.wants(verdict.confidence):
            return verdict
        opinion = self._ask(verdict, shot)
        SECOND_OPINIONS.labels(self._camera_id, opinion.outcome).inc()
        best = opinion.candidates[0] if opinion.candidates else None
        plate = plate_text(best.text) if best else None
        if best is None or plate is None:
            return verdict
        log.debug("%s: %s, the second recogniser saw %s: %s", self._camera_id, verdict.plate, opinion.raw, plate)
        return replace(
            verdict,
            plate=plate,
            confidence=best.probability,
            candidates=opinion.candidates[:len(verdict.candidates) + 1],
            country=verdict.country if plate == verdict.plate else named(countries(plate)),
            second_raw=opinion.raw,
        )  # fmt: skip

    def _ask(self, verdict: Verdict, shot: BestShot) -> Opinion:
        try:
            plate = cut(shot.frame.image, shot.read.box)
            return self._second.ask(plate, verdict.candidates, patient=self._patient)
        except ModelError as exc:
            log.error("camera %s: no second opinion: %s", self._camera_id, exc)
            return Opinion(outcome=Asked.FAILED)
