# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sources of training views, by their share."""

from dataclasses import dataclass

from scripts.training.recogniser.data.samples import Crop


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What there is to learn from; all but `real` may be empty."""

    real: tuple[Crop, ...]
    streets: tuple[Crop, ...] = ()
    """Plates of street photographs, in which the Italian ones are."""
    masked: tuple[Crop, ...] = ()
    drawn: tuple[Crop, ...] = ()
