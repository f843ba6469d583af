# SPDX-License-Identifier: AGPL-3.0-or-later
"""Weighted voting: many reads of one plate become one text with a probability. Pure.

Each read gives the texts it saw with their probabilities. A text's score is the mean of their logarithms over the
reads, each weighted by how sure and how large that read was, times the number of reads that count as independent:
frames of one transit share blur, dirt and light, so forty of them are worth about two (see `_CORRELATION`).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from anpr.domain.grammar.rerank import named
from anpr.domain.plate import normalise
from anpr.domain.read import Candidate, PlateRead
from anpr.domain.similarity import edit_distance
from anpr.reader.assemble.country import common_countries

_CORRELATION = 0.5
"""Of the errors in two frames of one transit. n reads count as n / (1 + (n - 1) * c), at most 1 / c.

Set on three real clips seen at 2 to 30 frames a second: of the transits surer than .8 all were right, of those between
.7 and .8 seven in eight; with 0.35 the latter were three in five.
"""
_FLOOR = 1e-4
"""Least probability of any text in any read: no single read may rule a text out."""
_PER_EDIT = 0.05
"""The share of a read's doubt that goes to a text one edit away."""
_SAME_DOUBT = 0.2
"""How probable it is that what two reads are unsure of is the same text, and none that either of them listed."""
_GOOD_WIDTH_PX = 100.0
"""From this width on, larger plates are not read better."""
_MAX_TEXTS = 24
_MAX_CANDIDATES = 8
_MOST_CERTAIN = 0.999
"""Upper bound of a confidence: measured readers err systematically on worn plates."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The result of a vote. `candidates` start with the plate; their probabilities sum to at most 1."""

    plate: str
    confidence: float
    candidates: tuple[Candidate, ...]
    country: str | None
    reads: int
    """That voted."""
    agreeing: int
    """Of them, how many read exactly this plate."""
    second_raw: str | None = None
    """What the second recogniser saw, where one was asked; its opinion is part of the above."""

    def probability_of(self, text: str) -> float:
        """0 when the reads do not know this text."""
        return sum(c.probability for c in self.candidates if c.text == text)


def quality(read: PlateRead) -> float:
    """0 to 1: how much a read counts, by its confidence and its size."""
    return read.confidence * min(1.0, math.sqrt(read.box.w / _GOOD_WIDTH_PX))


class _Vote:
    """One read as a probability distribution over texts."""

    def __init__(self, read: PlateRead, texts: dict[str, float]) -> None:
        self.weight = max(quality(read), 1e-3)
        self.texts = texts
        self.best = max(texts, key=texts.__getitem__)
        self.countries = dict(read.countries)
        self.rest = max(1.0 - sum(texts.values()), _FLOOR)
        self.positions = [{c.text: c.probability for c in position} for position in read.positions]

    def probability_of(self, text: str) -> float:
        """As listed; else as the positions allow; else a share of the doubt that shrinks with each edit."""
        listed = self.texts.get(text)
        if listed is not None:
            return max(listed, _FLOOR)
        by_edit = math.pow(_PER_EDIT, edit_distance(text, self.best))
        return max(self.rest * max(by_edit, self._by_position(text)), _FLOOR)

    def _by_position(self, text: str) -> float:
        if len(text) != len(self.positions):
            return 0.0
        return math.prod(
            (position.get(character, 0.0) for position, character in zip(self.positions, text, strict=True)), start=1.0
        )


class Ballot:
    """The reads of one plate: at most `max_votes` of them, the best ones."""

    def __init__(self, max_votes: int) -> None:
        self._max_votes = max_votes
        self._votes: list[_Vote] = []
        self._verdict: Verdict | None = None
        self.reads = 0
        """All that were offered and had a text."""

    def add(self, read: PlateRead) -> bool:
        """Let a read vote; false when it holds no text that a plate could carry."""
        texts = _plate_texts(read)
        if not texts:
            return False
        self.reads += 1
        self._keep(_Vote(read, texts))
        return True

    def absorb(self, other: "Ballot") -> None:
        """Take over the votes of another track of the same plate."""
        self.reads += other.reads
        for vote in other._votes:
            self._keep(vote)

    def verdict(self) -> Verdict | None:
        """What the reads say together; None without any."""
        if self._verdict is None and self._votes:
            self._verdict = self._count()
        return self._verdict

    def _keep(self, vote: _Vote) -> None:
        self._verdict = None
        self._votes.append(vote)
        if len(self._votes) > self._max_votes:
            self._votes.remove(min(self._votes, key=lambda v: v.weight))

    def _count(self) -> Verdict:
        total = sum(vote.weight for vote in self._votes)
        independent = _independent_reads(self._votes)
        texts = self._texts()
        scores = [self._score(text, total) * independent for text in texts]
        doubt = sum(v.weight * math.log(v.rest) for v in self._votes) / total
        # The doubt of one read may be any text; that the next one's is the same text again is less probable.
        unknown = doubt * independent + (independent - 1) * math.log(_SAME_DOUBT)
        highest = max(*scores, unknown)
        shares = [math.exp(score - highest) for score in scores]
        whole = sum(shares) + math.exp(unknown - highest)
        ranked = sorted(
            ((share / whole * _MOST_CERTAIN, text) for share, text in zip(shares, texts, strict=True)),
            key=lambda pair: (-pair[0], pair[1]),
        )
        confidence, plate = ranked[0]
        return Verdict(
            plate=plate,
            confidence=confidence,
            candidates=tuple(Candidate(text=text, probability=p) for p, text in ranked[:_MAX_CANDIDATES] if p > 1e-6),
            country=self._country(plate),
            reads=self.reads,
            agreeing=sum(vote.best == plate for vote in self._votes),
        )

    def _score(self, text: str, total: float) -> float:
        return sum(vote.weight * math.log(vote.probability_of(text)) for vote in self._votes) / total

    def _texts(self) -> list[str]:
        """The texts that stand for election: those the reads listed, most probable first, and the reads' consensus."""
        mass: defaultdict[str, float] = defaultdict(float)
        for vote in self._votes:
            for text, probability in vote.texts.items():
                mass[text] += vote.weight * probability
        texts = sorted(mass, key=lambda text: -mass[text])[:_MAX_TEXTS]
        consensus = self._consensus()
        return texts if consensus is None or consensus in texts else [*texts, consensus]

    def _consensus(self) -> str | None:
        """Position by position over the reads of the commonest length: right even when each read has one error."""
        lengths: defaultdict[int, float] = defaultdict(float)
        for vote in self._votes:
            lengths[len(vote.positions)] += vote.weight
        length = max(lengths, key=lengths.__getitem__)
        columns: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(length)]
        for vote in self._votes:
            if len(vote.positions) == length:
                for column, position in zip(columns, vote.positions, strict=True):
                    for character, probability in position.items():
                        column[character] += vote.weight * probability
        if not columns or not all(columns):
            return None
        return plate_text("".join(max(column, key=column.__getitem__) for column in columns))

    def _country(self, plate: str) -> str | None:
        """Of the reads that saw this plate; those that saw another one know nothing about it."""
        seen = [vote for vote in self._votes if vote.best == plate]
        if not seen:
            return None
        return named(common_countries(plate, [(v.weight, v.countries) for v in seen], _independent_reads(seen)))


def _independent_reads(votes: Sequence[_Vote]) -> float:
    """Kish's effective number of reads, less what they have in common."""
    number = sum(vote.weight for vote in votes) ** 2 / sum(vote.weight**2 for vote in votes)
    return number / (1 + (number - 1) * _CORRELATION)


def _plate_texts(read: PlateRead) -> dict[str, float]:
    """The read's candidates in normal form; without candidates, its text with its confidence."""
    listed = read.candidates or ((Candidate(text=read.text, probability=read.confidence),) if read.text else ())
    texts: dict[str, float] = {}
    for candidate in listed[:_MAX_CANDIDATES]:
        plate = plate_text(candidate.text)
        if plate is not None:
            texts[plate] = texts.get(plate, 0.0) + candidate.probability
    return texts


def plate_text(text: str) -> str | None:
    """The normal form of `text`; None when no plate could carry it."""
    try:
        return normalise(text)
    except ValueError:
        return None
