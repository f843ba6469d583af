# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzzy match of a misspelt key with those that its section has."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

_ALIKE = 0.6
"""Ratio of difflib's SequenceMatcher."""


def similar_key(model: type[BaseModel], loc: Sequence[int | str]) -> str | None:
    """The key most like the last part of `loc`, a place that the validation of `model` named; None where none is."""
    sections = [model]
    for part in loc[:-1]:
        fields = [section.model_fields[part] for section in sections if part in section.model_fields]
        sections = [found for field in fields for found in _sections_in(field.annotation)] or sections
    known = {name for section in sections for name in section.model_fields}
    near = get_close_matches(str(loc[-1]), sorted(known), 1, _ALIKE)
    return near[0] if near else None


def _sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections_in(part)
