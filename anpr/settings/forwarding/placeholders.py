# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates of settings: `{name}` and the like, and nothing else of Python's formats."""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_placeholders(text: str, allowed: tuple[str, ...]) -> str:
    """The text. Raises ValueError when it has another placeholder, or a brace alone."""
    unknown = next((name for name in _PLACEHOLDER.findall(text) if name not in allowed), None)
    if unknown is not None:
        raise ValueError(f"no placeholder {{{unknown}}}; one of {', '.join(f'{{{name}}}' for name in allowed)}")
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        raise ValueError("a brace without its other half")
    return text


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """The text with these values; it was checked before."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)
