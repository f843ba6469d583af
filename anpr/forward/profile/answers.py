# SPDX-License-Identifier: AGPL-3.0-or-later
"""Section of a profile: how the destination answers, and what its codes mean."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from anpr.forward.profile.field import Part
from anpr.forward.profile.file_name import check_template
from anpr.forward.profile.sections import first_duplicate

Meaning = Literal["ok", "permanent", "transient"]
"""Of a code: accepted, refused for good, or to be sent again."""
_STATUS = re.compile(r"[1-5]([0-9]{2}|xx)")
_PATH = re.compile(r"[^/@\s]+(/[^/@\s]+)*(/@[^/@\s]+)?|@[^/@\s]+")
Path = Annotated[str, Field(min_length=1, max_length=200)]


class StatusCodes(Part):
    """What the status of an HTTP reply means for the whole file: `201`, or `5xx` for all of a hundred.

    One that is in no list stops the run until a person looks: a refused login, a wrong address, a redirect.
    """

    ok: tuple[str, ...] = ("2xx",)
    """The file has arrived; what became of its transits is in the reply's body, or said later."""
    permanent: tuple[str, ...] = ()
    """The destination refuses the file's transits for good: all of them are rejected."""
    transient: tuple[str, ...] = ("408", "425", "429", "5xx")
    """The same file is sent again, after a pause."""

    @field_validator("ok", "permanent", "transient")
    @classmethod
    def _are_codes(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        wrong = next((code for code in codes if not _STATUS.fullmatch(code)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no status such as 201 or 5xx")
        return codes

    @model_validator(mode="after")
    def _once(self) -> "StatusCodes":
        twice = first_duplicate((*self.ok, *self.permanent, *self.transient))
        if twice is not None:
            raise ValueError(f"status {twice!r} is listed twice")
        return self

    def meaning(self, status: str) -> Meaning | None:
        """Of this status; None when it is in no list. A status named in full counts before its hundred."""
        for form in (status, f"{status[:1]}xx"):
            if form in self.ok:
                return "ok"
            if form in self.permanent:
                return "permanent"
            if form in self.transient:
                return "transient"
        return None


class ReplyBody(Part):
    """Where in the body of a reply the codes are.

    Paths are keys (JSON) or element names without prefix below the root (XML) with `/` between, the last may be an
    `@attribute`; below `Body` in SOAP.
    """

    format: Literal["none", "json", "xml"] = "none"
    """`none`: the status alone says that all transits of the file are accepted."""
    code: Path | None = None
    """The code of the whole file. Where it is named it must be there, and it holds for transits without their own."""
    records: Path | None = None
    """The elements that stand for one transit each."""
    record_id: Path | None = None
    """Within a record: transit.id."""
    record_code: Path | None = None
    """Within a record: its code."""
    record_text: Path | None = None
    """Within a record: why, as a text; kept with a rejection, without words that hold a digit, as plates do."""

    @model_validator(mode="after")
    def _fit(self) -> "ReplyBody":
        paths = {name: getattr(self, name) for name in ("code", "records", "record_id", "record_code", "record_text")}
        wrong = next((name for name, path in paths.items() if path is not None and not _PATH.fullmatch(path)), None)
        if wrong is not None:
            raise ValueError(f"{wrong}: expected names with / between")
        if self.format == "none" and any(paths.values()):
            raise ValueError("format none has no paths")
        if self.format != "none" and not (self.code or self.records):
            raise ValueError("needs code, or records")
        per_record = [bool(self.records), bool(self.record_id), bool(self.record_code)]
        if any(per_record) != all(per_record) or (self.record_text and not self.records):
            raise ValueError("records, record_id and record_code go together")
        return self


class Answers(Part):
    """How the destination says what it did with each transit: in a receipt, in its reply, or not at all.

    A receipt is a delimited text without a header line, in the reply to the sent file or in a file beside it; the id
    column holds transit.id, or `*` for all of the file. A reply is the body of an HTTP answer, as `body` says.
    """

    kind: Literal["none", "receipt", "reply"] = "none"
    status: StatusCodes = Field(default_factory=StatusCodes)
    body: ReplyBody = Field(default_factory=ReplyBody)
    """Of kind reply."""
    file_name: str = "{name}.esito"
    """Of the receipt beside the sent file; `{name}` is the sent one's, `{stem}` that without its ending."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ";"
    id_column: Annotated[int, Field(ge=1, le=100)] = 1
    code_column: Annotated[int, Field(ge=1, le=100)] = 2
    ok: tuple[str, ...] = ()
    permanent: tuple[str, ...] = ()
    transient: tuple[str, ...] = ()
    other: Literal["permanent", "transient"] = "permanent"
    """What a code that is in none of the lists means."""

    @model_validator(mode="after")
    def _complete(self) -> "Answers":
        check_template(self.file_name, allowed=("name", "stem"), needed=())
        if "{name}" not in self.file_name and "{stem}" not in self.file_name:
            raise ValueError("file_name: needs {name} or {stem}")
        if self.kind != "reply" and self.body != ReplyBody():
            raise ValueError("body: goes with kind reply")
        if not self.ok and (self.kind == "receipt" or self.body.format != "none"):
            raise ValueError("ok: at least one code must mean that a transit was accepted")
        twice = first_duplicate((*self.ok, *self.permanent, *self.transient))
        if twice is not None:
            raise ValueError(f"code {twice!r} is listed twice")
        return self

    @property
    def names_transits(self) -> bool:
        """Whether an answer can name single transits."""
        return self.kind == "receipt" or self.body.records is not None

    def meaning(self, code: str) -> Meaning:
        """What this code says about a transit."""
        if code in self.ok:
            return "ok"
        if code in self.permanent:
            return "permanent"
        return "transient" if code in self.transient else self.other
