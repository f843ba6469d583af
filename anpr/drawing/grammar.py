# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate text templates: random texts, and the layout of a given text in rows and groups.

A template is what is printed, row by row (`/` parts the rows). Capitals and hyphens stand for
themselves; a small letter stands for one character of a class, `<name>` for a code of a list;
a space is a gap, `*` a small emblem, `=` a pair of seals, `-` a printed hyphen. Only letters and
figures belong to the text.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from anpr.drawing.codes import CODES

CLASSES = {
    "d": "0123456789",
    "n": "123456789",
    "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "i": "ABCDEFGHJKLMNPRSTVWXYZ",  # Italy: no I O Q U
    "f": "ABCDEFGHJKLMNPRSTVW",  # Italy: the first letter of an ordinary car
    "c": "BCDFGHJKLMNPRSTVWXYZ",  # consonants
    "m": "23456789BCDFGHJKLMNPRSTVWXYZ",  # Italian mopeds
    "x": "0123456789ABCDEFGHJKLMNPRSTVWXYZ",  # Italian figures or letters
}
"""The characters a small letter of a template stands for."""

_TOKEN = re.compile(r"<\w+>|.")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A text set out for printing: for each row its pieces, and the marks (space, `*`, `=`, `-`) between them."""

    text: str
    rows: tuple[tuple[str, ...], ...]
    """Pieces of each row in order: runs of letters and digits, and single marks."""


def random_text(template: str, rng: np.random.Generator) -> str:
    """A random text that fits `template`, without its marks."""
    return "".join(_fill(token, rng) for token in _TOKEN.findall(template))


def _fill(token: str, rng: np.random.Generator) -> str:
    if token.startswith("<"):
        return str(rng.choice(CODES[token[1:-1]]))
    if token in CLASSES:
        return str(rng.choice(list(CLASSES[token])))
    return token if token.isalnum() else ""


def set_out(text: str, templates: tuple[str, ...]) -> Setting | None:
    """Set `text` out by the first of `templates` it fits, or None where it fits none."""
    for template in templates:
        found = _expression(template).fullmatch(text)
        if found:
            runs = list(found.groups())
            rows = tuple(tuple(_pieces(row, runs)) for row in template.split("/"))
            return Setting(text=text, rows=rows)
    return None


def _pieces(row: str, runs: list[str]) -> list[str]:
    """The pieces of one row of a template; takes its runs from the front of `runs`."""
    return [piece if _is_mark(piece) else runs.pop(0) for piece in _split(row)]


@cache
def _expression(template: str) -> re.Pattern[str]:
    """A regular expression for the text of a template, with one group a run."""
    parts = [_split(row) for row in template.split("/")]
    runs = [piece for row in parts for piece in row if not _is_mark(piece)]
    return re.compile("".join(f"({''.join(_pattern(t) for t in _TOKEN.findall(run))})" for run in runs))


def _pattern(token: str) -> str:
    if token.startswith("<"):
        return f"(?:{'|'.join(sorted(CODES[token[1:-1]], key=len, reverse=True))})"
    return f"[{CLASSES[token]}]" if token in CLASSES else token


@cache
def _split(row: str) -> tuple[str, ...]:
    """A row of a template as runs of text tokens and single marks."""
    return tuple(re.findall(r"[ *=\-]|(?:<\w+>|[^ *=\-])+", row))


def _is_mark(piece: str) -> bool:
    return piece in {" ", "*", "=", "-"}
