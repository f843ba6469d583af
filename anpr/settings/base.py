# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base of every settings section, and the types that several sections share."""

import re
from datetime import date, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from anpr.domain.near_name import near_name


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, use_attribute_docstrings=True,
        allow_inf_nan=False,
    )  # fmt: skip


def _written(pattern: str, example: str) -> BeforeValidator:
    """Only as it is written on paper: pydantic also takes a number, as seconds of a day or of an epoch."""

    def check(value: object) -> object:
        if isinstance(value, date | time) or (isinstance(value, str) and re.fullmatch(pattern, value)):
            return value
        raise ValueError(f"expected {example}")

    return BeforeValidator(check)


Day = Annotated[date, _written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2026-12-31")]
TimeOfDay = Annotated[time, _written(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", "a time such as 02:30, with two digits each")]


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        near = near_name(value, available_timezones())
        raise ValueError(f"no such time zone: {value}" + (f"; did you mean {near}?" if near else "")) from exc
    return value


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""A name of the IANA database that this machine knows, e.g. Europe/Rome."""
