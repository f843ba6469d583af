# SPDX-License-Identifier: AGPL-3.0-or-later
"""Natural sort order: numbers within names count as numbers, so that `Varco 2` comes before `Varco 10`."""

import re

_NUMBER = re.compile(r"(\d+)")


def natural_key(name: str) -> list[tuple[int, str]]:
    """The key to sort names by, without regard to upper and lower case."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in _NUMBER.split(name)]
