# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validation errors in plain words: which key is wrong, and what to write there; never what was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from anpr.domain.identifier import IDENTIFIER_PATTERN, IDENTIFIER_RULE
from anpr.settings.yaml_file import Tree

_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "path_type": "the path of a file or folder",
    "tuple_type": "a list, each of its entries after a dash",
    "list_type": "a list, each of its entries after a dash",
    "model_type": "keys and values below it, indented",
    "model_attributes_type": "keys and values below it, indented",
    "dict_type": "keys and values below it, indented",
}
"""What pydantic's kinds of errors mean to somebody who writes a settings file."""

_OTHER = {
    "missing": "is needed",
    "date_parsing": "there is no such day",
    "date_from_datetime_parsing": "there is no such day",
    "time_parsing": "there is no such time of day",
}


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What validation found wrong at one place. `key` is dotted, and empty at the top."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


def explain(exc: ValidationError, tree: Tree, *, unknown: str = "no such key") -> list[Complaint]:
    """All that is wrong, each with the key as it is written in `tree`, the values that were validated.

    `unknown` is said of a key that nobody knows.
    """
    return [Complaint(key=_key(error["loc"], tree), message=_message(error, unknown)) for error in exc.errors()]


def in_one_line(complaints: Sequence[Complaint]) -> str:
    """The first one, and how many others there are."""
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    return f"{complaints[0]}{more}"


def _message(error: ErrorDetails, unknown: str) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return unknown
    if kind == "string_pattern_mismatch" and error["ctx"]["pattern"] == IDENTIFIER_PATTERN:
        return f"expected {IDENTIFIER_RULE}"
    if kind in _EXPECTED:
        empty = " (it is empty: fill it in, or leave the key out)" if error["input"] is None else ""
        return f"expected {_EXPECTED[kind]}{empty}"
    return _OTHER.get(kind) or error["msg"].removeprefix("Value error, ")


def _key(loc: Sequence[int | str], tree: Any) -> str:
    parts = []
    for part in loc:
        # Inside a tagged union pydantic names the tag as well, which is no key of the file.
        if isinstance(tree, dict) and part not in tree and part == tree.get("kind"):
            continue
        parts.append(str(part))
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            tree = None
    return ".".join(parts)
