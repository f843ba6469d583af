# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scoring: matches the texts that were read with the plates that are there, and counts."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from anpr.domain.interval import wilson
from anpr.domain.plate import look_alike_key
from anpr.domain.read import Box
from anpr.reader.evaluate.truth import LabelledImage, TruePlate

_ON_THE_PLATE = 0.3
"""Least overlap, as a share of the smaller box: a text box lies within its plate's box, a loose box around it; both are
that plate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One text that a reader gave, and its box in px."""

    text: str
    """Empty where a plate was found and not read."""
    box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Outcome of one true plate."""

    plate: TruePlate
    found: bool
    """Whether something was read on it; where its text is not known, whether it was found."""
    strict: bool
    """Whether exactly its text was read."""
    folded: bool
    """Whether its text was read when look-alike characters count as the same."""
    read: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageResult:
    """One image's outcomes; `false_reads` are answers that lie on no plate, or twice on one; `ms` is the time taken."""

    outcomes: tuple[Outcome, ...]
    false_reads: tuple[str, ...]
    ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Counts over some plates, as shares with 95 % intervals."""

    plates: int
    texts: int
    """Plates whose text is known."""
    found: int
    strict: int
    folded: int

    def of(self, name: str) -> int:
        """How many plates `found`, `strict` or `folded` is a share of: what is not known cannot be read right."""
        return self.plates if name == "found" else self.texts

    def share(self, name: str) -> tuple[float, float, float]:
        """Share, and its interval's ends, of `found`, `strict` or `folded`."""
        hits, of = int(getattr(self, name)), self.of(name)
        low, high = wilson(hits, of)
        return (hits / of if of else 0.0), low, high


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """The scores of one reader on one folder."""

    images: int
    unreadable: int
    """Images that could not be opened; their plates count as not found."""
    total: Group
    groups: dict[str, dict[str, Group]]
    """By attribute (country, kind, lines, light, width), then by its value."""
    false_reads: int
    ms_median: float


def judge(labelled: LabelledImage, answers: Sequence[Answer], ms: float) -> ImageResult:
    """Match each answer with the plate it lies on, the best text first; `ms` is the time that reading took."""
    left = list(answers)
    outcomes = []
    for plate in labelled.plates:
        on_it = [answer for answer in left if answer.box.overlap(plate.box) >= _ON_THE_PLATE]
        best = max(on_it, key=lambda answer: _merit(answer, plate), default=None)
        if best is not None:
            left.remove(best)
        outcomes.append(_outcome(plate, best))
    return ImageResult(
        outcomes=tuple(outcomes), false_reads=tuple(answer.text for answer in left if answer.text), ms=ms
    )


def _merit(answer: Answer, plate: TruePlate) -> tuple[bool, bool, float]:
    return answer.text == plate.text, _looks_alike(answer, plate), answer.box.iou(plate.box)


def _looks_alike(answer: Answer, plate: TruePlate) -> bool:
    return plate.text is not None and look_alike_key(answer.text) == look_alike_key(plate.text)


def _outcome(plate: TruePlate, answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome(plate=plate, found=False, strict=False, folded=False)
    return Outcome(
        plate=plate,
        found=True,
        strict=answer.text == plate.text,
        folded=_looks_alike(answer, plate),
        read=answer.text,
    )


_WIDTHS_PX = (45, 60, 80, 100, 160)
"""45: narrower ones make no transit as the settings are shipped."""


def _width(plate: TruePlate) -> str:
    """The range of px its width lies in, as text that sorts."""
    above = bisect_right(_WIDTHS_PX, plate.box.w)
    if above == len(_WIDTHS_PX):
        return f"{_WIDTHS_PX[-1]:03d} px and more"
    low = _WIDTHS_PX[above - 1] if above else 0
    return f"{low:03d}-{_WIDTHS_PX[above] - 1:03d} px"


_BY: dict[str, Callable[[TruePlate], str]] = {
    "country": lambda plate: plate.country,
    "kind": lambda plate: plate.kind,
    "lines": lambda plate: str(plate.lines) if plate.lines else "unknown",
    "light": lambda plate: plate.light or "unknown",
    "width": _width,
}


def score(results: Sequence[ImageResult], unreadable: int = 0) -> Scores:
    """The scores over all images."""
    outcomes = [outcome for result in results for outcome in result.outcomes]
    groups = {
        name: {
            value: group(outcome for outcome in outcomes if key(outcome.plate) == value)
            for value in sorted({key(outcome.plate) for outcome in outcomes})
        }
        for name, key in _BY.items()
    }
    times = [result.ms for result in results if result.ms > 0]
    return Scores(
        images=len(results),
        unreadable=unreadable,
        total=group(outcomes),
        groups=groups,
        false_reads=sum(len(result.false_reads) for result in results),
        ms_median=median(times) if times else 0.0,
    )


def group(outcomes: Iterable[Outcome]) -> Group:
    """Counts over these outcomes."""
    every = list(outcomes)
    return Group(
        plates=len(every),
        texts=sum(outcome.plate.text is not None for outcome in every),
        found=sum(outcome.found for outcome in every),
        strict=sum(outcome.strict for outcome in every),
        folded=sum(outcome.folded for outcome in every),
    )
