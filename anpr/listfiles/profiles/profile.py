# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profiles of list files (data files): where a file of fixed width or an XML file holds what an entry needs."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from anpr.domain.errors import SettingsError
from anpr.domain.near_name import suggestion
from anpr.listfiles.columns import Column
from anpr.listfiles.profiles.delivery_profile import DeliveryProfile
from anpr.listfiles.profiles.profile_part import MOST_WIDTH, STEP, OnlyLines, ProfilePart, Start, XmlPath
from anpr.listfiles.table import FileError, FileFault
from anpr.settings import resource_path
from anpr.settings.complaints import explain, in_one_line
from anpr.settings.yaml_file import read_yaml

MAX_PROFILE = 256 * 1024
"""Bytes."""
_MOST_FIELDS = 64
_SHIPPED = resource_path("config", "lists")
_Charset = Literal["", "utf-8", "cp1252", "utf-16", "iso8859-15", "mac-roman"]


class FixedWidth(ProfilePart):
    """Lines whose columns have fixed places, counted in characters."""

    kind: Literal["fixed-width"]
    charset: _Charset = ""
    """Empty: as it seems to be."""
    record_length: Annotated[int, Field(ge=1, le=MOST_WIDTH)] | None = None
    """Of a file without line ends: characters of a record."""
    only: OnlyLines | None = None


class Xml(ProfilePart):
    """An XML document; names are compared without their namespaces."""

    kind: Literal["xml"]
    charset: _Charset = ""
    """Empty: as the document declares it."""
    record: Annotated[str, Field(pattern=rf"^({STEP}/)*{STEP}$", max_length=500)]
    """The element of an entry, from the root: `Elenco/Veicolo`."""


class TableFile(ProfilePart):
    """A table: CSV in any encoding of a spreadsheet, XLSX, ODS or XLS, with a header or without one."""

    kind: Literal["table"]
    charset: _Charset = ""
    """Of CSV; empty: as it seems to be."""
    sheet: str = ""
    """Of a spreadsheet; empty: the first one."""


class ProfileField(ProfilePart):
    """Where a column is: `start` and `length`, `path` within the record (`Targa`, `Dati/Targa`, `@id`), or `header`."""

    column: Annotated[Column, Field(strict=False)]
    start: Start | None = None
    length: Start | None = None
    path: XmlPath | None = None
    header: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Of a table: the header above it, or its number from 1."""
    format: Annotated[str, Field(max_length=40)] = ""
    """Of a date, as `strptime` takes it: `%Y%m%d`. Without it a date is understood as in a spreadsheet."""

    def cell(self, text: str, empty: Iterable[str]) -> str:
        """The text as the reader of cells takes it; what cannot be read by the format stays, and is refused there."""
        text = text.strip()
        if not text or text in empty:
            return ""
        if not self.format:
            return text
        try:
            moment = datetime.strptime(text, self.format)  # noqa: DTZ007  local time, as all of a file
        except ValueError:
            return text
        is_day = not any(sign in self.format for sign in ("%H", "%I", "%X", "%c", "%s"))
        return str(date(moment.year, moment.month, moment.day)) if is_day else moment.isoformat(" ", "seconds")


class ListProfile(ProfilePart):
    """How a kind of file is read."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    revision: Annotated[str, Field(max_length=64)] = ""
    description: Annotated[str, Field(max_length=500)] = ""
    encoding: Annotated[FixedWidth | Xml | TableFile, Field(discriminator="kind")]
    empty: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    """Texts that mean nothing, such as `99999999` for a date without an end."""
    fields: Annotated[tuple[ProfileField, ...], Field(min_length=1, max_length=_MOST_FIELDS)]
    delivery: DeliveryProfile | None = None
    """Of a list that comes in versions, or as changes."""

    @model_validator(mode="after")
    def _fields_fit(self) -> "ListProfile":
        if all(each.column is not Column.PLATE for each in self.fields):
            raise ValueError("fields: none is the plate")
        for number, each in enumerate(self.fields):
            if not _fits(each, self.encoding):
                wanted = {"xml": "a path", "table": "a header"}.get(self.encoding.kind, "start and length")
                raise ValueError(f"fields.{number}: {self.encoding.kind} wants {wanted}")
        has_operation = any(each.column is Column.OPERATION for each in self.fields)
        if has_operation != bool(self.delivery and self.delivery.operations):
            raise ValueError("a field of operation and delivery.operations go together")
        if self.delivery is not None:
            self.delivery.check(self.encoding.kind)
        return self

    def row(self, texts: Iterable[str]) -> list[str]:
        """One cell for each column, of the texts of all fields in their order."""
        cells = dict.fromkeys(Column, "")
        for each, text in zip(self.fields, texts, strict=True):
            cell = each.cell(text, self.empty)
            cells[each.column] = ", ".join(part for part in (cells[each.column], cell) if part)
        return list(cells.values())


def _fits(field: ProfileField, encoding: FixedWidth | Xml | TableFile) -> bool:
    """Whether the field says where it is in the way of this kind, and in no other."""
    said = {
        "fixed-width": field.start is not None and field.length is not None,
        "xml": field.path is not None,
        "table": field.header is not None,
    }
    no_formats = encoding.kind != "table" or not field.format
    return no_formats and [kind for kind, is_said in said.items() if is_said] == [encoding.kind]


def load_list_profile(name: str) -> ListProfile:
    """The profile: a bare name is one of config/lists/, anything else is a path.

    Raises FileError (BAD_PROFILE) naming the file and the key when it is missing or wrong.
    """
    is_path = "/" in name or name.endswith((".yaml", ".yml"))
    path = Path(name) if is_path else _SHIPPED / f"{name}.yaml"
    if not is_path and not path.exists():
        known = [file.stem for file in _SHIPPED.glob("*.yaml")]
        raise _bad(f"{name}: none of that name is shipped{suggestion(name, known)}")
    try:
        tree = read_yaml(path, MAX_PROFILE, numbers=True)
    except SettingsError as exc:
        raise _bad(f"{exc}") from exc
    try:
        return ListProfile.model_validate_json(json.dumps(tree))
    except ValidationError as exc:
        raise _bad(f"{path}: {in_one_line(explain(exc, tree))}") from exc
    except ValueError as exc:  # an anchor within itself
        raise _bad(f"{path}: {exc}") from exc


def _bad(why: str) -> FileError:
    return FileError(FileFault.BAD_PROFILE, f"profile {why}")
