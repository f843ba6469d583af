# SPDX-License-Identifier: AGPL-3.0-or-later
"""Effective settings, leaf by leaf, with secrets masked; and a digest of each part, by which a change is told."""

import hashlib
import json
from collections.abc import Mapping

from pydantic import SecretStr

from anpr.settings.base import Section
from anpr.settings.model import Settings

_DIGEST = 12
"""Hex digits of a part's digest: enough to tell that it changed."""


def effective_values(settings: Settings) -> list[tuple[str, object]]:
    """Every leaf of the settings as (dotted key, JSON value); secrets as stars."""
    return [leaf for name in type(settings).model_fields for leaf in _flatten(name, getattr(settings, name))]


def _flatten(key: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, Section):
        return [leaf for name in type(value).model_fields for leaf in _flatten(f"{key}.{name}", getattr(value, name))]
    if isinstance(value, tuple) and value and isinstance(value[0], Section):
        return [leaf for i, item in enumerate(value) for leaf in _flatten(f"{key}.{i}", item)]
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in _flatten(f"{key}.{name}", item)] or [(key, {})]
    if isinstance(value, SecretStr):
        return [(key, "********")]
    if isinstance(value, tuple):
        return [(key, list(value))]
    return [(key, value if isinstance(value, bool | int | float | type(None)) else str(value))]


def digests_of(settings: Settings) -> Mapping[str, str]:
    """A digest of each part: `retention.transit_days`, `gates.0`. Secrets are masked before, so that a digest tells
    nothing of them, nor that one changed."""
    parts: dict[str, list[tuple[str, object]]] = {}
    for key, value in effective_values(settings):
        parts.setdefault(".".join(key.split(".")[:2]), []).append((key, value))
    return {part: _digest(leaves) for part, leaves in sorted(parts.items())}


def digest_of(digests: Mapping[str, str]) -> str:
    """One digest (64 hex digits) of all parts."""
    return hashlib.sha256(json.dumps(sorted(digests.items())).encode()).hexdigest()


def _digest(leaves: list[tuple[str, object]]) -> str:
    return hashlib.sha256(json.dumps(leaves, ensure_ascii=False, default=str).encode()).hexdigest()[:_DIGEST]
