# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base class of targets that are folders of a server: how a file appears there, and what is compared afterwards."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from anpr.settings.forwarding.base import TargetSettings

_PLACEHOLDER = "{name}"


class UploadSettings(TargetSettings):
    """A folder of a server."""

    path: Annotated[str, Field(min_length=1)] = "."
    """The folder there, which must exist; `.` is the one a login begins in, and one without a `/` at its beginning lies
    below it, as `~/` does."""
    appear: Literal["rename", "direct"] = "rename"
    """How a file appears: under another name until it is whole, or `direct`, under its own from the first byte, where a
    server forbids renaming. Whoever fetches it may then see a half one."""
    temporary_name: Annotated[str, Field(min_length=1, max_length=100)] = ".{name}.part"
    """Its name until it is whole; `{name}` is its own. For servers that refuse hidden names, or take few endings."""
    temporary_path: Annotated[str, Field(min_length=1)] | None = None
    """Folder there in which it lies until it is whole; None: the same one."""

    @field_validator("path", "temporary_path")
    @classmethod
    def _below_the_home(cls, path: str | None) -> str | None:
        """`~/in`, and `/~/in` as addresses have it, are `in`: servers know no tilde."""
        if path is None:
            return None
        bare = path.removeprefix("/") if path.startswith("/~") else path
        return (bare[1:].lstrip("/") or ".") if bare == "~" or bare.startswith("~/") else path

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if _PLACEHOLDER not in self.temporary_name or "/" in self.temporary_name:
            raise ValueError("temporary_name: needs {name}, and no /; a folder is temporary_path")
        if self.temporary_name == _PLACEHOLDER and self.temporary_path in (None, self.path):
            raise ValueError("temporary_name: in the same folder it must differ from the file's own; or appear: direct")
        return self

    def places(self, name: str) -> tuple[str, str]:
        """Where a file is written, and where it is when it is whole; the same for `direct`."""
        whole = self._in(self.path, name)
        if self.appear == "direct":
            return whole, whole
        return self._in(self.temporary_path or self.path, self.temporary_name.replace(_PLACEHOLDER, name)), whole

    @staticmethod
    def _in(folder: str, name: str) -> str:
        return name if folder == "." else f"{folder.rstrip('/')}/{name}"
