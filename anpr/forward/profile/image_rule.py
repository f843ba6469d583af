# SPDX-License-Identifier: AGPL-3.0-or-later
"""Section of a profile: how images of one role are sent, and within which limits."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from anpr.contract.topics import MAX_IMAGE_BYTES
from anpr.domain.transit import ImageRole
from anpr.forward.profile.field import Part
from anpr.forward.profile.file_name import check_template

ImageFormat = Literal["jpeg", "png", "webp"]
_ENDINGS = {"jpeg": (".jpg", ".jpeg", ".jpe"), "png": (".png",), "webp": (".webp",)}
Side = Annotated[int, Field(ge=16, le=20_000)]


class Quality(Part):
    """Of JPEG and WebP, from 1 to 95: an image that is made anew gets the best between both that fits."""

    least: Annotated[int, Field(ge=1, le=95)] = 50
    most: Annotated[int, Field(ge=1, le=95)] = 85

    @model_validator(mode="after")
    def _in_order(self) -> "Quality":
        if self.least > self.most:
            raise ValueError(f"least {self.least} is more than most {self.most}")
        return self


class ImageRule(Part):
    """How images of one role are sent. A role that is not listed is not sent.

    An image within all limits is sent byte for byte. Any other one is treated as `too_large` says; one that is made
    anew has no metadata.
    """

    role: ImageRole
    how: Literal["embed", "file"]
    """`embed`: a field takes image.ROLE.base64; `file`: a file of its own, sent before the records that name it."""
    max_bytes: Annotated[int, Field(ge=1024, le=MAX_IMAGE_BYTES)]
    max_width_px: Side | None = None
    max_height_px: Side | None = None
    too_large: Literal["leave-out", "reject", "recompress"] = "leave-out"
    """Of an image beyond a limit. `recompress`: scaled down and encoded anew until it fits; one that never does, or is
    damaged, is left out, or rejects its transit where it is `required`."""
    format: ImageFormat = "jpeg"
    """Images come as JPEG; for another format they are encoded anew."""
    quality: Quality = Field(default_factory=Quality)
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
            endings = _ENDINGS[self.format]
            if "format" in self.model_fields_set and not self.file_name.lower().endswith(endings):
                raise ValueError(f"{self.role}: file_name: a file of format {self.format} ends with {endings[0]}")
        return self

    @model_validator(mode="after")
    def _limits_have_sense(self) -> "ImageRule":
        if "quality" in self.model_fields_set:
            if self.format == "png":
                raise ValueError(f"{self.role}: quality: png has none")
            if self.format == "jpeg" and self.too_large != "recompress":
                raise ValueError(f"{self.role}: quality: without too_large: recompress no image is made anew")
        return self

    @property
    def looks_into(self) -> bool:
        """Whether an image must be opened to know that it fits, and not only counted in bytes."""
        return self.format != "jpeg" or self.max_width_px is not None or self.max_height_px is not None
