# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sections of a profile besides its fields: status and images."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from anpr.contract.topics import MAX_IMAGE_BYTES
from anpr.domain.transit import ImageRole
from anpr.forward.profile.field import Part
from anpr.forward.profile.file_name import check_template


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


class ImageRule(Part):
    """How images of one role are sent. A role that is not listed is not sent."""

    role: ImageRole
    how: Literal["embed", "file"]
    """`embed`: a field takes image.ROLE.base64; `file`: a file of its own, sent before the records that name it."""
    max_bytes: Annotated[int, Field(ge=1024, le=MAX_IMAGE_BYTES)]
    too_large: Literal["leave-out", "reject"] = "leave-out"
    required: bool = False
    """A transit without the image is rejected."""
    wait_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """Minutes after its capture that a transit waits for an image that was announced and has not arrived."""
    file_name: str | None = None

    @model_validator(mode="after")
    def _named(self) -> "ImageRule":
        if (self.how == "file") != (self.file_name is not None):
            raise ValueError(f"{self.role}: file_name goes with how: file, and only with it")
        if self.file_name is not None:
            allowed = ("destination", "day", "batch", "transit_id", "role")
            check_template(self.file_name, allowed=allowed, needed=("transit_id",))
        return self
