# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acceptance thresholds of detections and texts; every refusal has a reason that is counted."""

from dataclasses import dataclass

from anpr.domain.grammar.rerank import may_be_a_word
from anpr.domain.reasons import Drop
from anpr.reader.detect import Detection

TRUSTED_SCORE = 0.25
"""Of the detector: boxes from here on it may let pass nearly alone."""
LEAST_PLATE = 0.05
"""With .35 for all boxes 16 of 398 plates of other continents are lost that are 45 px wide and wider, with .05 two."""

LIKELY_PLATE = 0.5
"""Below it a text of two lines is doubted: 4 of 337 plates of street photographs, of which two have a third line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Limits; px of the image."""

    min_score: float
    """Of the detector."""
    min_confidence: float
    """Of the text, after the grammar weighed in."""
    min_plate: float = 0.35
    """What detector and corner network hold likely together: their odds multiplied, as a probability. Only of boxes
    that the detector scores below TRUSTED_SCORE; others need no more than LEAST_PLATE."""
    min_width_px: float = 28.0
    """7 characters of 4 px each are the least that anybody can read."""
    min_height_px: float = 9.0
    least_shape: float = 0.7
    most_shape: float = 8.0
    """Width ÷ height: from 177×177 mm seen from the side, to 520×110 mm seen from above."""
    min_characters: int = 3
    """The shortest plates have so many; stickers and overlay text are often shorter."""
    max_characters: int = 12
    """POLIZIAH1234 has 12."""

    min_word_confidence: float = 0.9
    """Of a text that may be a word; a vanity plate that is well seen has more."""

    def detection_fault(self, detection: Detection) -> Drop | None:
        """Why this box is not read."""
        box = detection.box
        if detection.score < self.min_score:
            return Drop.PLATE_LOW_SCORE
        if box.w < self.min_width_px or box.h < self.min_height_px:
            return Drop.PLATE_TOO_SMALL
        if not self.least_shape <= box.w / box.h <= self.most_shape:
            return Drop.PLATE_SHAPE
        return None

    def plate_fault(self, detection: Detection, plate: float) -> Drop | None:
        """Why this box is not read, when the corner network holds it a number plate with probability `plate`.

        The corner network has seen few plates of other continents: what it says against a box that the detector is sure
        of counts little.
        """
        least = self.min_plate if detection.score < TRUSTED_SCORE else min(self.min_plate, LEAST_PLATE)
        yes = detection.score * plate
        no = (1.0 - detection.score) * (1.0 - plate)
        return None if yes >= least * (yes + no) else Drop.PLATE_LOW_SCORE

    def text_fault(self, text: str, confidence: float) -> Drop | None:
        """Why this text is not a plate read."""
        if not self.min_characters <= len(text) <= self.max_characters or not any(
            character.isdigit() for character in text
        ):
            return Drop.PLATE_NO_TEXT
        if confidence < self.min_confidence:
            return Drop.READ_LOW_CONFIDENCE
        return Drop.READ_WORD if confidence < self.min_word_confidence and may_be_a_word(text) else None

    def demanded(self, reason: Drop) -> str | None:
        """What a plate must have to pass the gate of this reason, in words; None where it is no gate of ours."""
        return {
            Drop.PLATE_LOW_SCORE: f"detector at least {self.min_score:.2f}, corners at least {self.min_plate:.2f}",
            Drop.PLATE_TOO_SMALL: f"at least {self.min_width_px:g}×{self.min_height_px:g} px",
            Drop.PLATE_SHAPE: f"width ÷ height from {self.least_shape:g} to {self.most_shape:g}",
            Drop.PLATE_NO_TEXT: f"{self.min_characters} to {self.max_characters} characters, one of them a digit",
            Drop.READ_WORD: f"a format we know, or confidence at least {self.min_word_confidence:.0%}",
            Drop.READ_LOW_CONFIDENCE: f"confidence at least {self.min_confidence:.0%}",
        }.get(reason)
