# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate patterns expanded into templates: which characters may stand where, and how many texts fit. Pure.

A pattern is written with small letters for classes of characters, everything else for itself, and
- `{2}` or `{1,3}` after a class: so many of it; `?` after anything: it may be missing;
- `(A|B|C)`: one of these; `<name>`: one of a list of codes;
- `-`: a gap in print (an emblem, seals, a dash, or a new line); `/`: a new line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

_GAPS = frozenset("-/")
_TOKEN = re.compile(
    r"(?:\((?P<any>[^()<>]+)\)|<(?P<list>\w+)>|(?P<character>[\w/-]))(?:\{(?P<least>\d)(?:,(?P<most>\d))?\})?(?P<may>\?)?"
)

_Places = tuple[frozenset[str], ...]
Names = Mapping[str, Iterable[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One way a pattern can be set."""

    places: _Places
    """In order: the characters that may stand there, or the codes, all of one length."""
    cuts: frozenset[int]
    """How many characters stand left of each gap; empty where none is printed, or it is not known."""
    two_lines: bool
    """Whether it is always set on two lines."""

    @property
    def texts(self) -> int:
        """How many texts fit."""
        return prod(len(place) for place in self.places)

    @property
    def shapes(self) -> set[str]:
        """The shapes of the texts that fit."""
        by_place = [{shape(code) for code in place} for place in self.places]
        return {"".join(parts) for parts in product(*by_place)}

    def fits(self, text: str) -> bool:
        """Whether this is one of its texts; the text must have one of its shapes."""
        at = 0
        for place in self.places:
            width = len(next(iter(place)))
            if text[at : at + width] not in place:
                return False
            at += width
        return at == len(text)


_SHAPE = str.maketrans({**dict.fromkeys("0123456789", "0"), **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ", "A")})


def shape(text: str) -> str:
    """The text with each digit as 0 and each letter as A: `AA000AA`."""
    return text.translate(_SHAPE)


def spelled_out(pattern: str, classes: Mapping[str, str], codes: Names) -> tuple[Template, ...]:
    """Every template of a pattern. Raises ValueError when the pattern is malformed."""
    choices = [list(_choices(token, classes, codes)) for token in _tokens(pattern)]
    return tuple(_template([place for run in chain for place in run]) for chain in product(*choices))


def _tokens(pattern: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise ValueError(f"{pattern!r} is no pattern from {pattern[at:]!r} on")
        yield token
        at = token.end()


def _choices(token: re.Match[str], classes: Mapping[str, str], codes: Names) -> Iterator[_Places]:
    """The runs of places that one token stands for."""
    if token["may"]:
        yield ()
    least = int(token["least"] or 1)
    for times in range(least, int(token["most"] or least) + 1):
        for place in _alternatives(token, classes, codes):
            yield (place,) * times


def _alternatives(token: re.Match[str], classes: Mapping[str, str], codes: Names) -> Iterator[frozenset[str]]:
    if token["character"]:
        yield frozenset(classes.get(token["character"], token["character"]))
        return
    by_length: dict[int, set[str]] = {}
    for code in codes[token["list"]] if token["list"] else token["any"].split("|"):
        by_length.setdefault(len(code), set()).add(code)
    yield from (frozenset(some) for some in by_length.values())


def _template(places: list[frozenset[str]]) -> Template:
    printed = [place for place in places if not place <= _GAPS]
    cuts, characters = set(), 0
    for place in places:
        if place <= _GAPS:
            cuts.add(characters)
        else:
            characters += len(next(iter(place)))
    return Template(places=tuple(printed), cuts=frozenset(cuts), two_lines=frozenset("/") in places)
