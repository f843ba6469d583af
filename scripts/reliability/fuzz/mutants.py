# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutated image files: a seed and a number determine each one, so that a harmful one can be reproduced."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.reliability.fuzz.mutations import FORMATS, MUTATIONS, encoded
from scripts.reliability.fuzz.valid_images import valid_image


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`suffix` need not be that of the format: files are renamed in real life too."""

    number: int
    image: str
    mutation: str
    suffix: str
    data: bytes

    @property
    def name(self) -> str:
        return f"{self.number:06d}-{self.image}-{self.mutation}{self.suffix}"


def mutant(seed: int, number: int) -> Mutant:
    """The same seed and number give the same bytes."""
    rng = np.random.default_rng((seed, number))
    kind, image = valid_image(rng)
    suffix = str(rng.choice(FORMATS))
    mutations, shares = zip(*MUTATIONS, strict=True)
    mutation = mutations[int(rng.choice(len(mutations), p=shares))]
    data = mutation(encoded(image, suffix, rng), rng)
    named = str(rng.choice(FORMATS)) if rng.random() < 0.05 else suffix
    return Mutant(number=number, image=kind, mutation=mutation.__name__, suffix=named, data=data)


def write_mutants(folder: Path, seed: int, count: int) -> Iterator[Mutant]:
    """Write them into the folder, one after the other."""
    for number in range(count):
        one = mutant(seed, number)
        (folder / one.name).write_bytes(one.data)
        yield one
