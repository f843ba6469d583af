# SPDX-License-Identifier: AGPL-3.0-or-later
"""Re-ranks recogniser candidates by national plate formats (a prior); never adds or changes a text.

A format is as probable as its traffic, and its texts share that: a text of a format with few texts is more probable
than one of a format with many. What is seen beside the characters (gaps, bands, lines) speaks for some formats and
against others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, takewhile
from math import sqrt

from anpr.domain.grammar.formats import CLASSES, CODES, FORMATS, RIGHT_BAND, Format
from anpr.domain.grammar.templates import Template, shape, spelled_out
from anpr.domain.plate import DIGITS_LIKE_LETTERS
from anpr.domain.read import Candidate

POWER = 0.3
"""How far the formats are trusted against what was seen: weights are probabilities raised to it. Guessed traffic says
little, and where our cameras stand it is another one. Set on 2391 cut-out plates of many countries (.2 to .5 do as
well) and on 1600 drawn ones, half of them Italian, both as read by `plate_recogniser_small`."""
UNKNOWN = 0.015
"""Weight of a text that fits no format we know, where an Italian car's is 1: the world has more plates than our table.
Of 2664 plates of 30 countries 96 % fit one of FORMATS."""
NO_PLATE = 0.005
"""Weight of a text that can be no plate at all: fewer than 3 or more than 9 characters, or no digit."""

OPEN = 0.02
"""Weight of what no candidate names, against the best one's: some of it would fit a format as good."""
_OPEN_AT_LEAST = 0.0003
"""The same where no candidate fits any."""

# How often the gaps that a recogniser saw are those of the format: counted on 2391 cut-out plates whose text it read
# right. Relative to all of them being there and no other.
_ALL, _SOME, _NONE, _MORE, _OTHER = 1.0, 0.08, 0.04, 0.03, 0.02
_FREE = 0.1
"""For a format whose gaps we do not know, or that has none."""
_WRONG_LINES = 0.02
_BAND, _NO_BAND = 0.6, 0.01
"""How often a blue band is seen at the right end, where the country has one there, and where it has none."""
NAMED = 0.9
"""A country at least so probable is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a plate shows beside its characters."""

    raw: str = ""
    """The text whose gaps were seen."""
    groups: tuple[int, ...] = ()
    """Numbers of characters of `raw` between the gaps; empty when not known."""
    right_band: bool = False
    """Whether a blue band was seen at the right end. None seen says little: it may be dirty, or grey at night."""
    lines: int = 0
    """Of text; 0 when not known."""


NOTHING_SEEN = Evidence()


def weight(text: str, evidence: Evidence = NOTHING_SEEN) -> float:
    """Prior weight of a text: how much more probable it is as a plate than what was seen alone says; 1 for an Italian
    car's.
    """
    cuts = _cuts(text, evidence)
    plain = sum(rule.density for rule in _fitting(text))
    if not plain:
        return (UNKNOWN if _may_be_a_plate(text) else NO_PLATE) * (1.0 if cuts is None else _FREE**POWER)
    seen = sum(rule.density * _printed(rule.template, cuts, evidence.lines) for rule in _fitting(text))
    # The gaps are seen as badly as the characters: half of what they say, on the scale of logarithms.
    prior: float = (plain / _italian_car()) ** POWER * sqrt(seen / plain)
    return max(prior, NO_PLATE)


def weigh(candidates: Sequence[Candidate], evidence: Evidence = NOTHING_SEEN) -> tuple[Candidate, ...]:
    """The candidates with their probabilities weighed by the formats they fit, best first.

    Texts are never changed, added or left out. The probability that they leave open (their sum is below 1) counts with
    the weight OPEN, so that one poor candidate does not become certain for want of others.
    """
    weights = [weight(c.text, evidence) for c in candidates]
    weighed = [(c.text, c.probability * w) for c, w in zip(candidates, weights, strict=True)]
    left = max(0.0, 1.0 - sum(c.probability for c in candidates))
    total = sum(mass for _, mass in weighed) + left * (OPEN * max(weights, default=0.0) + _OPEN_AT_LEAST)
    if total <= 0.0:
        return tuple(candidates)
    best = sorted(weighed, key=lambda item: -item[1])
    return tuple(Candidate(text=text, probability=min(1.0, mass / total)) for text, mass in best)


def fits_a_format(text: str) -> bool:
    """Whether some country's plates look like this."""
    return bool(_fitting(text))


def may_be_a_word(text: str) -> bool:
    """Whether this may be a trade name or a place read as a plate, OAKW00D or MOUNT8ATTEN.

    It fits no format, has no more than two digits among four letters or more, and each digit looks like a letter.
    Of 2664 plates of 30 countries 7 are such, all of them vanity plates.
    """
    digits = [character for character in text if character.isdigit()]
    few = len(digits) <= 2 and len(text) - len(digits) >= 4
    return few and DIGITS_LIKE_LETTERS.issuperset(digits) and not fits_a_format(text)


def countries(text: str, evidence: Evidence = NOTHING_SEEN) -> dict[str, float]:
    """Probability of each country for a plate with this text, likeliest first; they sum to less than 1.

    What is missing to 1 is a country that is not in our table. Traffic counts with POWER: AA000AA is Italian, French,
    Slovak, Albanian and more; only the places of the gaps and the band at the right end tell them apart.
    """
    if not _fitting(text):
        return {}
    cuts = _cuts(text, evidence)
    mass: defaultdict[str, float] = defaultdict(float)
    for rule in _fitting(text):
        band = (_BAND if rule.form.country in RIGHT_BAND else _NO_BAND) if evidence.right_band else 1.0
        mass[rule.form.country] += rule.density**POWER * _printed(rule.template, cuts, evidence.lines) * band
    total = sum(mass.values()) + _elsewhere(text, cuts, evidence)
    return {code: share / total for code, share in sorted(mass.items(), key=lambda item: -item[1])}


def named(likely: Mapping[str, float]) -> str | None:
    """The country whose probability, as `countries` gives it, is at least NAMED; None when there is none."""
    return next((code for code, probability in likely.items() if probability >= NAMED), None)


def _may_be_a_plate(text: str) -> bool:
    return 3 <= len(text) <= 9 and any(character in "0123456789" for character in text)


def _printed(template: Template, cuts: frozenset[int] | None, lines: int) -> float:
    """How well the gaps and lines that were seen go with a template, 1 for best."""
    if template.two_lines and lines == 1:
        return _WRONG_LINES
    if cuts is None:
        return 1.0
    if not template.cuts:
        return _FREE
    if cuts == template.cuts:
        return _ALL
    if not cuts:
        return _NONE
    return _SOME if cuts < template.cuts else _MORE if cuts > template.cuts else _OTHER


def _cuts(text: str, evidence: Evidence) -> frozenset[int] | None:
    """How many characters of `text` stand left of each gap seen; None when no gaps were looked for.

    A text with a character more or less than the one whose gaps were seen has them moved by as much, right of where the
    two part.
    """
    seen = evidence.raw or text
    if not evidence.groups or sum(evidence.groups) != len(seen):
        return None
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(seen, text, strict=False)))
    moved = len(text) - len(seen)
    ends = accumulate(evidence.groups[:-1])
    cuts = (end if end <= same else end + moved for end in ends)
    return frozenset(cut for cut in cuts if 0 < cut < len(text))


def _elsewhere(text: str, cuts: frozenset[int] | None, evidence: Evidence) -> float:
    unknown = UNKNOWN * _italian_car() ** POWER if _may_be_a_plate(text) else 0.0
    return unknown * (_FREE if cuts is not None else 1.0) * (_NO_BAND if evidence.right_band else 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """One way to set a format, and how probable each of its texts is, on Italian roads (not to one: to 1000 cars)."""

    form: Format
    template: Template
    density: float


@lru_cache(maxsize=8192)
def _fitting(text: str) -> tuple[_Rule, ...]:
    return tuple(rule for rule in _rules().get(shape(text), ()) if rule.template.fits(text))


@cache
def _italian_car() -> float:
    """The density of the commonest plate."""
    return next(rule.density for rule in _fitting("AA000AA") if rule.form.country == "IT")


@cache
def _rules() -> dict[str, list[_Rule]]:
    """By shape, because most texts share theirs with few templates."""
    rules: defaultdict[str, list[_Rule]] = defaultdict(list)
    for form in FORMATS:
        templates = [one for pattern in form.patterns for one in spelled_out(pattern, CLASSES, CODES)]
        for template in templates:
            rule = _Rule(form=form, template=template, density=form.traffic / len(templates) / template.texts)
            for one in template.shapes:
                rules[one].append(rule)
    return dict(rules)
