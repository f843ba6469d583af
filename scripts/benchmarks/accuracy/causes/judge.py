# SPDX-License-Identifier: AGPL-3.0-or-later
"""Error attribution: the first cause that explains why a plate was not read right."""

from collections.abc import Sequence
from dataclasses import dataclass

from anpr.domain.read import Box, PlateRead
from anpr.reader.evaluate.truth import TruePlate
from anpr.reader.plates.plate_reader import ReadResult, Rejected

_ON_THE_PLATE = 0.3
"""Of the smaller box, as in `anpr evaluate`."""

RIGHT = "right"
NOT_FOUND = "not found"
LINE_LOST = "a line lost or added"
BESIDE = "beside the text"
"""A character lost, added or changed at the first or last place: bands, the rim, what stands beside the plate."""
WRONG_CHARACTERS = "wrong characters"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of one plate."""

    plate: TruePlate
    cause: str
    read: str = ""
    confidence: float = 0.0
    unasked: str | None = None
    """What was read before a second opinion was asked, where it was."""

    @property
    def found(self) -> bool:
        """Whether anything was read on it."""
        return bool(self.read)


def judged(plates: Sequence[TruePlate], look: ReadResult) -> tuple[list[Verdict], list[PlateRead]]:
    """The verdict on each legible plate, and the reads that lie on no plate or twice on one."""
    left = list(look.accepted)
    verdicts = []
    for plate in plates:
        on_it = [read for read in left if read.box.overlap(plate.box) >= _ON_THE_PLATE]
        best = max(on_it, key=lambda read: (read.text == plate.text, read.box.iou(plate.box)), default=None)
        if best is not None:
            left.remove(best)
        if plate.text is not None:
            verdicts.append(_verdict(plate, plate.text, best, look.rejected))
    return verdicts, left


def _verdict(plate: TruePlate, text: str, read: PlateRead | None, rejected: Sequence[Rejected]) -> Verdict:
    if read is None:
        return Verdict(plate=plate, cause=_refusal(plate.box, rejected))
    return Verdict(
        plate=plate, cause=cause_of(text, read.text, plate.lines), read=read.text, confidence=read.confidence
    )


def _refusal(box: Box, rejected: Sequence[Rejected]) -> str:
    """The reason of the best box on the plate that was turned down."""
    on_it = [one for one in rejected if one.box.overlap(box) >= _ON_THE_PLATE]
    best = max(on_it, key=lambda one: one.box.iou(box), default=None)
    return NOT_FOUND if best is None else f"refused: {best.reason.value}"


def cause_of(text: str, read: str, lines: int) -> str:
    """What is wrong with a text that was read."""
    if read == text:
        return RIGHT
    if lines > 1 and abs(len(read) - len(text)) > 1:
        return LINE_LOST
    if len(read) != len(text):
        return BESIDE if read in text or text in read or _differs_at_ends(text, read) else WRONG_CHARACTERS
    wrong = [place for place, (a, b) in enumerate(zip(text, read, strict=True)) if a != b]
    return BESIDE if wrong in ([0], [len(text) - 1]) else WRONG_CHARACTERS


def _differs_at_ends(text: str, read: str) -> bool:
    """Whether all but a character or two at one end of both is the same."""
    shorter = min(len(text), len(read))
    return text[: shorter - 1] == read[: shorter - 1] or text[1 - shorter :] == read[1 - shorter :]


def confusions(text: str, read: str) -> list[str]:
    """Each character read as another ("G read as C") where the lengths agree."""
    if len(text) != len(read):
        return []
    return [f"{a} read as {b}" for a, b in zip(text, read, strict=True) if a != b]
