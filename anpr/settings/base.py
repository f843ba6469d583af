# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base of every settings section, and the types that several sections share."""

import re
from datetime import date, time
from ipaddress import ip_address, ip_network
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from anpr.domain.identifier import IDENTIFIER_PATTERN
from anpr.domain.near_name import near_name


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, use_attribute_docstrings=True,
        allow_inf_nan=False,
    )  # fmt: skip


Identifier = Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]
"""Lower case, digits, dot, dash, underscore; at most 64. Used in topics, folders and metrics."""


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


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as exc:
        raise ValueError(f"expected an address or a network such as 10.0.0.5 or 10.0.0.0/24: {exc}") from exc


NetworkText = Annotated[str, AfterValidator(_network)]
"""An IP network; an address alone is a network of one."""

ServerName = Annotated[str, AfterValidator(str.lower), Field(pattern=r"^([A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:.]+\]?)$")]
"""A server's DNS name or address as browsers write it, without a port."""


def is_loopback(host: str) -> bool:
    """Whether what listens on this address is reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
