# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lattice: character probabilities at each step from left to right."""

import numpy as np
import numpy.typing as npt

Lattice = npt.NDArray[np.float32]
"""(steps, 1 + len(PLATE_CHARACTERS)): at each step the probability of the blank and of each character, in all 1."""


def complete(folded: npt.NDArray[np.float32]) -> Lattice:
    """A folded output as a lattice: what the recogniser gave to characters that no plate carries goes to the blank.

    The province's arms and the dealers' logos come out as such characters; to share their probability among the letters
    would turn an emblem into a letter.
    """
    lattice = np.clip(folded, 0.0, 1.0)
    lattice[:, 0] += np.clip(1.0 - lattice.sum(axis=1), 0.0, 1.0)
    rows: Lattice = lattice / lattice.sum(axis=1, keepdims=True)
    return rows
