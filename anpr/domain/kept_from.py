# SPDX-License-Identifier: AGPL-3.0-or-later
"""First moments that are kept, by what transits were read for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptFrom:
    """The first capture time (UTC) that is kept: of each purpose, by its id, and of the rest."""

    rest: datetime
    """Of gates without a purpose, and of purposes that nobody knows (any more)."""
    purposes: Mapping[str, datetime]

    def of(self, purpose: str) -> datetime:
        """Of transits that were read for this purpose."""
        return self.purposes.get(purpose, self.rest)

    @property
    def oldest(self) -> datetime:
        """Before it nothing is kept, whatever it was read for."""
        return min([self.rest, *self.purposes.values()])

    @property
    def newest(self) -> datetime:
        """From it on everything is kept."""
        return max([self.rest, *self.purposes.values()])
