# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invented plate texts, and how they are misread."""

import random

from anpr.domain.plate import look_alike_key
from anpr.domain.read import Box, Candidate, PlateRead

_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_FIRST = "NPRST"
"""Series that Italy has not issued yet."""
_LOOKS_LIKE = {"0": "O", "8": "B", "1": "I", "5": "S", "2": "Z", "B": "8", "S": "5", "Z": "2", "G": "6", "D": "0"}


def random_plate(chance: random.Random, taken: set[str]) -> str:
    """An Italian plate whose look-alikes are none of `taken`; it is added to them."""
    while True:
        digits = "".join(chance.choice("0123456789") for _ in range(3))
        plate = f"{chance.choice(_FIRST)}{chance.choice(_LETTERS)}{digits}{_letter(chance)}{_letter(chance)}"
        key = look_alike_key(plate)
        # Two vehicles of one scene may not be one misread apart, unless the scene is about that.
        if all(sum(a != b for a, b in zip(key, other, strict=True)) >= 3 for other in taken):
            taken.add(key)
            return plate


def sister(plate: str, chance: random.Random) -> str:
    """The next vehicle of a fleet: one digit apart, and not a look-alike."""
    position = chance.randrange(2, 5)
    others = [d for d in "0123456789" if look_alike_key(d) != look_alike_key(plate[position])]
    return plate[:position] + chance.choice(others) + plate[position + 1 :]


def misread(plate: str, chance: random.Random) -> str:
    """One character wrong, or lost, as recognisers do it."""
    position = chance.randrange(len(plate))
    what = chance.random()
    if what < 0.15:
        return plate[:position] + plate[position + 1 :]
    if what < 0.6 and plate[position] in _LOOKS_LIKE:
        return plate[:position] + _LOOKS_LIKE[plate[position]] + plate[position + 1 :]
    signs = "0123456789" if plate[position].isdigit() else _LETTERS
    return plate[:position] + chance.choice([s for s in signs if s != plate[position]]) + plate[position + 1 :]


def plate_read(text: str, box: Box, confidence: float, other: str | None = None) -> PlateRead:
    """A read whose doubt is partly on `other`."""
    candidates = [Candidate(text=text, probability=confidence)]
    if other is not None and other != text:
        candidates.append(Candidate(text=other, probability=(1 - confidence) * 0.6))
    rest = [dict.fromkeys(text[i : i + 1], confidence) for i in range(len(text))]
    if other is not None and len(other) == len(text):
        for position, sign in zip(rest, other, strict=True):
            position.setdefault(sign, 1 - confidence)
    positions = tuple(tuple(Candidate(text=s, probability=p) for s, p in position.items()) for position in rest)
    return PlateRead(
        text=text, raw=text, confidence=confidence, box=box, detector_score=0.8, candidates=tuple(candidates),
        positions=positions, country="IT",
    )  # fmt: skip


def _letter(chance: random.Random) -> str:
    return chance.choice(_LETTERS)
