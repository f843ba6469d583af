# SPDX-License-Identifier: AGPL-3.0-or-later
"""Section of a profile that says how far it has come."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import model_validator

from anpr.forward.profile.field import Part


def first_duplicate(values: Sequence[str]) -> str | None:
    """The first value that occurs more than once; None when all differ."""
    return next((value for value, times in Counter(values).items() if times > 1), None)


class Status(Part):
    """How far the profile has come: example → site-supplied → tested → accepted."""

    stage: Literal["example", "site-supplied", "tested", "accepted"]
    office: str | None = None
    """Who supplied, tested or accepted it."""
    date: dt.date | None = None
    document: str | None = None
    """The letter, minutes or ticket that says so."""

    @model_validator(mode="after")
    def _says_who(self) -> "Status":
        needed = {"example": (), "site-supplied": ("office", "document")}.get(
            self.stage, ("office", "date", "document")
        )
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"stage {self.stage} needs {', '.join(missing)}")
        return self

    def __str__(self) -> str:
        known = [str(part) for part in (self.office, self.date, self.document) if part]
        return f"{self.stage} ({', '.join(known)})" if known else self.stage
