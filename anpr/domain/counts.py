# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base of tallies: dataclasses of numbers that are added field by field."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A frozen dataclass whose fields are all numbers; the sum of two is taken field by field.

    A subclass gives each field the default 0, so that `sum(tallies, Tally())` works.
    """

    def __add__(self, other: Self) -> Self:
        return type(self)(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})
