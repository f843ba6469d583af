# SPDX-License-Identifier: AGPL-3.0-or-later
"""CTC decoding of a lattice: the greedy string, alternatives per character, and the likely texts by beam search.

Pure numpy and Python; connectionist temporal classification (Graves et al. 2006) and its prefix beam search
(Hannun et al. 2014): repeated characters count once, a blank parts them.
"""

import heapq
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from anpr.domain.read import Candidate
from anpr.reader.recognise.alphabet import PLATE_CHARACTERS
from anpr.reader.recognise.lattice import Lattice

Positions = tuple[tuple[Candidate, ...], ...]

BEAM = 16
"""Texts kept from step to step."""
LEAST = 0.002
"""A character less probable than this at a step is not followed there; at most TOP of them are."""
TOP = 5
SURE = 1.0 - LEAST
"""A step this surely blank, or this surely one character, opens no branches."""
GAP = 0.4
"""A step is a gap from this probability on."""
KEEP = 8
"""Candidates handed on."""


def greedy(lattice: Lattice) -> tuple[str, Positions]:
    """The most probable character of each step with repeats and blanks removed, and the alternatives at each character.

    The alternatives of a character are those at the step of its run where it was surest; probabilities ≥ 0.01,
    best first.
    """
    best = lattice.argmax(axis=1)
    text, positions = "", []
    start = 0
    for end in range(1, len(best) + 1):
        if end < len(best) and best[end] == best[start]:
            continue
        if best[start]:
            run = lattice[start:end]
            text += PLATE_CHARACTERS[best[start] - 1]
            positions.append(_alternatives(run[run[:, best[start]].argmax()]))
        start = end
    return text, tuple(positions)


def groups(lattice: Lattice, gap: npt.NDArray[np.float32]) -> tuple[int, ...]:
    """How many characters of the greedy string stand between its gaps: (2, 3, 2) for AA-000-AA.

    `gap` is the probability, at each step, of a printed or seen gap.
    """
    best = lattice.argmax(axis=1)
    sizes, parted = [0], False
    for step, column in enumerate(best.tolist()):
        if not column:
            parted = parted or float(gap[step]) >= GAP
        elif step == 0 or best[step - 1] != column:
            if parted and sizes[-1]:
                sizes.append(0)
            sizes[-1] += 1
            parted = False
    return tuple(sizes) if sizes[0] else ()


def _alternatives(row: Lattice) -> tuple[Candidate, ...]:
    shares = row[1:]
    order = np.argsort(-shares, kind="stable")[:TOP]
    return tuple(
        Candidate(text=PLATE_CHARACTERS[i], probability=min(1.0, float(shares[i])))
        for i in order.tolist()
        if shares[i] >= 0.01
    )


def likely_texts(lattice: Lattice, keep: int = KEEP) -> tuple[Candidate, ...]:
    """The likely texts with their probabilities, best first; the empty text is one of them when it is likely."""
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}  # text: ends in a blank, ends in its last character
    for row in lattice:
        beams = _step(beams, *_followed(row))
    best = heapq.nlargest(keep, beams.items(), key=_weight)
    return tuple(Candidate(text=text, probability=min(1.0, sum(ends))) for text, ends in best)


def _followed(row: Lattice) -> tuple[float, list[tuple[str, float]]]:
    """The blank's probability at a step, and the characters worth following with theirs."""
    blank = float(row[0])
    if blank >= SURE:
        return blank, []
    columns = np.flatnonzero(row[1:] >= LEAST)
    if len(columns) > TOP:
        columns = columns[np.argsort(-row[columns + 1])[:TOP]]
    return blank, [(PLATE_CHARACTERS[i], float(row[i + 1])) for i in columns.tolist()]


def _step(
    beams: dict[str, tuple[float, float]], blank: float, shares: list[tuple[str, float]]
) -> dict[str, tuple[float, float]]:
    grown: dict[str, tuple[float, float]] = {}
    for text, (ended, open_) in beams.items():
        both = ended + open_
        _add(grown, text, both * blank, 0.0)
        for character, probability in shares:
            if text.endswith(character):
                _add(grown, text, 0.0, open_ * probability)
                _add(grown, text + character, 0.0, ended * probability)
            else:
                _add(grown, text + character, 0.0, both * probability)
    if len(grown) <= BEAM:
        return grown
    return dict(heapq.nlargest(BEAM, grown.items(), key=_weight))


def _add(beams: dict[str, tuple[float, float]], text: str, ended: float, open_: float) -> None:
    before = beams.get(text, (0.0, 0.0))
    beams[text] = (before[0] + ended, before[1] + open_)


def _weight(beam: tuple[str, tuple[float, float]]) -> float:
    return beam[1][0] + beam[1][1]


def joined(lines: Sequence[tuple[Candidate, ...]], keep: int = KEEP) -> tuple[Candidate, ...]:
    """The likely texts of a plate of several lines, from those of each line."""
    whole: tuple[Candidate, ...] = (Candidate(text="", probability=1.0),)
    for line in lines:
        pairs = [
            Candidate(text=one.text + two.text, probability=one.probability * two.probability)
            for one in whole
            for two in line
        ]
        whole = tuple(heapq.nlargest(keep, pairs, key=lambda c: c.probability))
    return whole
