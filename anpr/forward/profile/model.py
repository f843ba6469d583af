# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schema of a forwarding profile: everything about a destination's format that could differ, as data.

The interface specification of SCNTT is not public (docs/domain.md), so nothing of it is in code.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from anpr.domain.transit import ImageRole
from anpr.forward.profile.answers import Answers
from anpr.forward.profile.encoding import Encoding, JsonEncoding, XmlEncoding, check_names
from anpr.forward.profile.field import FieldRule, Part
from anpr.forward.profile.file_name import check_template
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.sections import Status, first_duplicate
from anpr.forward.profile.soap import SoapRules, check_soap
from anpr.forward.profile.sources import BATCH_SOURCES, TRANSIT_SOURCES, BatchSource, Source
from anpr.settings.base import TimeZoneName
from anpr.settings.forwarding.targets import TransportKind

MAX_BATCH_BYTES = 256 * 1024 * 1024
"""The images of one batch are in memory at once; a profile that could need more is refused."""


CodeTable = dict[str, str]


class Profile(Part):
    """Everything a destination wants. `schema` is the version of this description, `revision` that of the profile."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    revision: Annotated[str, Field(min_length=1, max_length=64)]
    description: str = ""
    status: Status
    transports: Annotated[tuple[TransportKind, ...], Field(min_length=1)]
    """A destination's target must be one of these."""
    time_zone: TimeZoneName = "Europe/Rome"
    batch_size: Annotated[int, Field(ge=1, le=10_000)]
    """Transits in one file at most."""
    file_name: str
    encoding: Encoding
    soap: SoapRules | None = None
    """An envelope around each file, with encoding xml."""
    code_tables: dict[str, CodeTable] = Field(default_factory=dict)
    header: tuple[FieldRule, ...] = ()
    fields: Annotated[tuple[FieldRule, ...], Field(min_length=1)]
    trailer: tuple[FieldRule, ...] = ()
    images: tuple[ImageRule, ...] = ()
    answers: Answers = Field(default_factory=Answers)

    @field_validator("file_name")
    @classmethod
    def _unique_names(cls, value: str) -> str:
        check_template(value, allowed=("destination", "day", "batch", "created"), needed=("day", "batch"))
        return value

    @model_validator(mode="after")
    def _fields_fit(self) -> "Profile":
        sections = {"header": self.header, "fields": self.fields, "trailer": self.trailer}
        if self.soap is not None:
            sections["soap.headers"] = self.soap.headers
        for section, rules in sections.items():
            names = [rule.name for rule in rules]
            twice = first_duplicate(names)
            if twice is not None:
                raise ValueError(f"{section}: field {twice!r} is there twice")
            try:
                check_names(self.encoding, names)
            except ValueError as exc:
                raise ValueError(f"{section}: {exc}") from exc
            for index, rule in enumerate(rules):
                self._check_rule(rule, section, f"{section}.{index} ({rule.name})")
        return self

    def _check_rule(self, rule: FieldRule, section: str, where: str) -> None:
        sources: Mapping[str, Source | BatchSource] = TRANSIT_SOURCES if section == "fields" else BATCH_SOURCES
        rule.check_source(sources, where)
        if rule.codes is not None and rule.codes not in self.code_tables:
            raise ValueError(f"{where}: no code table {rule.codes!r}")
        if self.encoding.kind == "fixed-width" and rule.length is None:
            raise ValueError(f"{where}: fixed-width needs length")
        if self.encoding.kind in ("csv", "fixed-width") and rule.when_missing is None:
            raise ValueError(f"{where}: when_missing: null is for xml and json; a column is always there")
        self._check_image(rule, where)

    def _check_image(self, rule: FieldRule, where: str) -> None:
        if rule.source is None or not rule.source.startswith("image."):
            return
        _, role, part = rule.source.split(".")
        image = self.image(ImageRole(role))
        if image is None:
            raise ValueError(f"{where}: images has no rule for {role}")
        if part == "base64" and (image.how != "embed" or self.encoding.kind == "fixed-width"):
            raise ValueError(f"{where}: base64 needs how: embed and an encoding that is not fixed-width")
        if part == "name" and image.how != "file":
            raise ValueError(f"{where}: only a picture with how: file has a name")

    @model_validator(mode="after")
    def _parts_fit(self) -> "Profile":
        twice = first_duplicate([str(rule.role) for rule in self.images])
        if twice is not None:
            raise ValueError(f"images: role {twice!r} is there twice")
        most = self.batch_size * sum(rule.max_bytes for rule in self.images)
        if most > MAX_BATCH_BYTES:
            raise ValueError(f"batch_size: pictures of one batch could take {most} bytes, at most {MAX_BATCH_BYTES}")
        self._check_frame()
        if self.answers.names_transits and all(rule.source != "transit.id" for rule in self.fields):
            raise ValueError("answers: they name transits by transit.id, and no field carries it")
        return self

    def _check_frame(self) -> None:
        header, trailer = ([rule.name for rule in rules] for rules in (self.header, self.trailer))
        if isinstance(self.encoding, XmlEncoding):
            self._check_document(self.encoding)
        if isinstance(self.encoding, JsonEncoding):
            if self.encoding.lines and (header or trailer):
                raise ValueError("encoding.lines: JSON Lines has no place for header and trailer")
            top, bottom = ({name.split("/")[0] for name in names} for names in (header, trailer))
            twice = first_duplicate([*top, self.encoding.records, *bottom])
            if twice is not None:
                raise ValueError(f"encoding.records: header, records and trailer share the key {twice!r}")

    def _check_document(self, encoding: XmlEncoding) -> None:
        header, fields, trailer = ([rule.name for rule in rules] for rules in (self.header, self.fields, self.trailer))
        if any(name.startswith("@") for name in trailer):
            raise ValueError("trailer: an attribute of the root element belongs in header")
        if encoding.record is None:
            if self.batch_size != 1 or encoding.wrapper is not None:
                raise ValueError("encoding.record: without it batch_size is 1, and there is no wrapper")
            twice = first_duplicate([*header, *fields, *trailer])
            if twice is not None:
                raise ValueError(f"encoding.record: header, fields and trailer share the name {twice!r}")

    @model_validator(mode="after")
    def _soap_fits(self) -> "Profile":
        if self.soap is not None:
            rules = (*self.header, *self.fields, *self.trailer, *self.soap.headers)
            check_soap(self.soap, self.encoding, self.answers, [rule.name for rule in rules])
            if any(rule.how == "file" for rule in self.images):
                raise ValueError("soap: images are embedded; a file of its own has no envelope")
        return self

    def image(self, role: ImageRole) -> ImageRule | None:
        """The rule for images of this role."""
        return next((rule for rule in self.images if rule.role is role), None)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of every date and time that is written."""
        return ZoneInfo(self.time_zone)
