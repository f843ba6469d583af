# SPDX-License-Identifier: AGPL-3.0-or-later
"""Durations on the command line: `60s`, `5m`, `1h`, or plain seconds."""

import re
from typing import Any

import click

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A positive time, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value).strip())
        if not found or float(found[1]) <= 0:
            self.fail(f"{value!r} is not a duration; write 60s, 5m or 1h", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


DURATION = Duration()
