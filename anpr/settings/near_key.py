# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fuzzy match of a misspelt key with those that its section has."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from anpr.domain.near_name import near_name


def similar_key(model: type[BaseModel], loc: Sequence[int | str]) -> str | None:
    """The key most like the last part of `loc`, a place that the validation of `model` named; None where none is."""
    sections = [model]
    for part in loc[:-1]:
        fields = [section.model_fields[part] for section in sections if part in section.model_fields]
        sections = [found for field in fields for found in _sections_in(field.annotation)] or sections
    known = {name for section in sections for name in section.model_fields}
    return near_name(str(loc[-1]), known)


def _sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections_in(part)
