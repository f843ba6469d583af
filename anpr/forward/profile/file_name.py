# SPDX-License-Identifier: AGPL-3.0-or-later
"""File name templates; the names are safe on every destination."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from string import Formatter

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_SAMPLE: Mapping[str, object] = {
    "destination": "questura",
    "day": date(2026, 11, 21),
    "batch": 1,
    "created": datetime(2026, 11, 22, 2, 30, tzinfo=UTC),
    "transit_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "role": "plate",
    "name": "batch.xml",
    "stem": "batch",
}


def fill(template: str, values: Mapping[str, object]) -> str:
    """The name; raises ValueError when a placeholder is unknown, or the name could leave its folder or be hidden."""
    try:
        for _, placeholder, _, _ in Formatter().parse(template):
            # Only plain names: `{day.__class__}` must not reach into objects.
            if placeholder is not None and placeholder not in values:
                known = ", ".join(f"{{{key}}}" for key in sorted(values))
                raise ValueError(f"no placeholder {{{placeholder}}}; one of {known}")
        name = template.format(**values)
    except (KeyError, IndexError, TypeError) as exc:
        raise ValueError(f"not a template: {template!r}") from exc
    if not _SAFE.fullmatch(name):
        raise ValueError(f"{name!r} is not a safe file name: letters, digits, dot, dash, underscore; at most 200")
    return name


def check_template(template: str, *, allowed: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Raises ValueError when a placeholder is unknown, a needed one is missing, or the name is not safe."""
    fill(template, {name: _SAMPLE[name] for name in allowed})
    present = {placeholder for _, placeholder, _, _ in Formatter().parse(template)}
    missing = [name for name in needed if name not in present]
    if missing:
        raise ValueError(f"two files would have the same name without {{{missing[0]}}}")
