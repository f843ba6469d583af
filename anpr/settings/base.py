# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base of every settings section, and the types that several sections share."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError(f"no such time zone: {value}") from exc
    return value


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""A name of the IANA database that this machine knows, e.g. Europe/Rome."""
