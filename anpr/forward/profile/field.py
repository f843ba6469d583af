# SPDX-License-Identifier: AGPL-3.0-or-later
"""Field rule of a profile: where a value comes from and how it becomes text."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anpr.forward.profile.sources import BatchSource, Source, SourceKind


class Part(BaseModel):
    """A part of a profile: unknown keys are errors, a number in quotes is not a number."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


FieldType = Literal["text", "integer", "decimal", "datetime"]
Transform = Literal["upper", "lower", "strip", "ascii", "digits", "letters-digits"]

_KIND_OF_TYPE = {
    "text": SourceKind.TEXT,
    "integer": SourceKind.NUMBER,
    "decimal": SourceKind.NUMBER,
    "datetime": SourceKind.MOMENT,
}
NAMED_FORMATS = frozenset({"iso", "iso-ms", "epoch-s", "epoch-ms"})
# Directives that mean the same on every platform and in every locale.
_DIRECTIVES = frozenset("YymdHMSfjzZ%")


def check_format(text: str) -> str:
    """The format itself; raises ValueError when it is neither a named one nor made of portable directives."""
    if text in NAMED_FORMATS:
        return text
    unknown = [d for d in re.findall(r"%(.?)", text.replace("%%", "")) if d not in _DIRECTIVES]
    if unknown or "%" not in text:
        named = ", ".join(sorted(NAMED_FORMATS))
        raise ValueError(f"one of {named}, or made of %Y %y %m %d %H %M %S %f %j %z %Z")
    return text


class FieldRule(Part):
    """One field. Text is built in this order: source, code table, type and format, transforms, length, padding."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    """Column, element or key. In xml and json `a/b` nests; in xml a last part `@b` is an attribute."""
    source: str | None = None
    """A name of docs/forwarding.md's table of sources."""
    value: str | None = None
    """The same text in each record, instead of a source."""
    type: FieldType = "text"
    scale: float | None = None
    """Numbers are multiplied by it first: 100 turns a probability into per cent."""
    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    format: str | None = None
    """For datetime, in the profile's time zone."""
    codes: str | None = None
    """The code table that translates the value; `*` in the table stands for everything else."""
    transform: Annotated[tuple[Transform, ...], Field(max_length=6)] = ()
    length: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Characters: exact for fixed-width, otherwise the most."""
    too_long: Literal["reject", "cut"] = "reject"
    pad: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """The character that fills up to `length`; fixed-width pads with spaces when none is given."""
    align: Literal["left", "right"] = "left"
    required: bool = False
    """A transit without it is rejected, with the reason in the ledger."""
    when_missing: str | None = ""
    """The text written instead; null leaves the element out (xml, json)."""

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldRule":
        if (self.source is None) == (self.value is None):
            raise ValueError(f"{self.name}: needs either source or value")
        if self.required and "when_missing" in self.model_fields_set:
            raise ValueError(f"{self.name}: when_missing has no meaning for a required field")
        if self.pad is not None and self.length is None:
            raise ValueError(f"{self.name}: pad needs length")
        return self

    @model_validator(mode="after")
    def _options_fit_the_type(self) -> "FieldRule":
        if self.type == "datetime":
            if self.format is None:
                raise ValueError(f"{self.name}: a datetime needs format")
            check_format(self.format)
        elif self.format is not None:
            raise ValueError(f"{self.name}: format is for datetime only")
        if (self.type == "decimal") != (self.decimals is not None):
            raise ValueError(f"{self.name}: decimals goes with type decimal, and only with it")
        if self.scale is not None and self.type not in ("integer", "decimal"):
            raise ValueError(f"{self.name}: scale is for numbers only")
        return self

    def check_source(self, sources: Mapping[str, Source | BatchSource], where: str) -> None:
        """Raises ValueError, naming `where`, when the source is not among these or does not yield what `type` needs."""
        if self.source is None:
            if self.type != "text":
                raise ValueError(f"{where}: a fixed value has type text")
            return
        found = sources.get(self.source)
        if found is None:
            raise ValueError(f"{where}: no source {self.source!r}; one of {', '.join(sorted(sources))}")
        # A code table turns any value into text, by its text.
        if _KIND_OF_TYPE[self.type] is not found.kind and not (self.codes and self.type == "text"):
            raise ValueError(f"{where}: {self.source} is a {found.kind}, type {self.type} does not go with it")
