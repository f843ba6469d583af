# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section `delivery` of a list profile: where a file says which version it is, whole or changes, and as of when."""

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from anpr.domain.list_delivery import DeliveryKind
from anpr.listfiles.profiles.profile_part import OnlyLines, ProfilePart, Start, XmlPath

_Text = Annotated[str, Field(max_length=100)]


def _check_pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as exc:
        raise ValueError(f"no regular expression: {exc}") from exc
    if groups != 1:
        raise ValueError("a regular expression with one group, which is what is meant")
    return text


class Fact(ProfilePart):
    """Where a file says one thing of itself: in its name, in an element or attribute, or in a line of fixed width."""

    name: Annotated[str, Field(max_length=300), AfterValidator(_check_pattern)] | None = None
    """Regular expression that is looked for in the file's name; its one group is the text."""
    path: XmlPath | None = None
    """From the root, without namespaces: `Elenco/@versione`."""
    line: OnlyLines | None = None
    """The first line of this kind; the text is at `start`."""
    start: Start | None = None
    length: Start | None = None
    format: Annotated[str, Field(max_length=40)] = ""
    """Of a date, as `strptime` takes it; without it a version is a number."""

    def check(self, what: str, kind: str) -> None:
        """Raises ValueError when it says nothing, too much, or something that this kind of file does not have."""
        by_line = self.line is not None and self.start is not None and self.length is not None
        said = {"name": self.name is not None, "xml": self.path is not None, "fixed-width": by_line}
        found = [each for each, is_said in said.items() if is_said]
        if len(found) != 1 or found[0] not in {"name", kind}:
            raise ValueError(f"delivery.{what}: wants name, or what {kind} has: path, or line with start and length")


class Operations(ProfilePart):
    """Texts of the column `operation`. A change takes all that the list has of the plate and puts the row in its
    place."""

    add: tuple[_Text, ...] = ()
    change: tuple[_Text, ...] = ()
    remove: Annotated[tuple[_Text, ...], Field(min_length=1)]

    @property
    def by_text(self) -> Mapping[str, str]:
        """`add`, `change` or `remove` by the text that stands in the file."""
        return {text: name for name in ("add", "change", "remove") for text in getattr(self, name)}


class DeliveryProfile(ProfilePart):
    """How a list comes that somebody else keeps. Without `kind` each file is whole, or, with `operations`, changes."""

    version: Fact | None = None
    base: Fact | None = None
    """The version that changes were made for. Without it they follow by number."""
    as_of: Fact | None = None
    """When the list was so. Without a format: ISO 8601 or Italian; without an offset local time."""
    count: Fact | None = None
    """How many records the file has; another number is a file that is not whole."""
    kind: Fact | None = None
    full: tuple[_Text, ...] = ()
    """Texts at `kind` that mean the whole list."""
    delta: tuple[_Text, ...] = ()
    """Texts at `kind` that mean changes."""
    operations: Operations | None = None

    @model_validator(mode="after")
    def _kinds_are_told(self) -> Self:
        if (self.kind is None) != (not self.full and not self.delta):
            raise ValueError("kind goes with full and delta, the texts that it may have")
        if self.has_deltas and (self.version is None or (self.base is None and self.version.format)):
            raise ValueError("changes need a version: a number, or a date beside base")
        if self.has_deltas and self.operations is None:
            raise ValueError("changes need operations")
        if len(self.texts) != len(self.full) + len(self.delta):
            raise ValueError("a text of full or delta stands there twice")
        return self

    @property
    def has_deltas(self) -> bool:
        """Whether its files may be changes."""
        return bool(self.delta) or (self.kind is None and self.operations is not None)

    @property
    def texts(self) -> Mapping[str, DeliveryKind]:
        """What each text at `kind` means."""
        return dict.fromkeys(self.full, DeliveryKind.FULL) | dict.fromkeys(self.delta, DeliveryKind.DELTA)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """By name, those that are told."""
        named = {name: getattr(self, name) for name in ("version", "base", "as_of", "count", "kind")}
        return {name: fact for name, fact in named.items() if fact is not None}

    def check(self, kind: str) -> None:
        """Raises ValueError when a fact cannot be read in this kind of file."""
        for name, fact in self.facts.items():
            fact.check(name, kind)
