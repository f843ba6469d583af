# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target settings of the transport `sftp`."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from anpr.settings.base import is_loopback
from anpr.settings.forwarding.base import LoginSettings
from anpr.settings.forwarding.upload import UploadSettings

_HOST = re.compile(r"[\w.-]+|[0-9A-Fa-f:.]+(%\w+)?")
"""A name, or an address of either kind."""


class SftpTarget(UploadSettings, LoginSettings):
    """A folder of an SSH server."""

    kind: Literal["sftp"]
    """Of the target."""
    host: Annotated[str, Field(min_length=1)]
    """Name or address of the server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """Of the SSH server."""
    user: Annotated[str, Field(min_length=1)]
    """Who logs in."""
    known_hosts_file: str
    """Host keys that are trusted, in OpenSSH form."""
    verify: Literal["size", "sha256", "none"] = "size"
    """What is compared with the file on the server after each transfer; what differs counts as not sent. `sha256`
    reads the file back. `none` is for a server that takes files away at once or lets nobody look."""

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise ValueError("expected the server's name or address alone; user, port and path have keys of their own")
        return host

    @model_validator(mode="after")
    def _can_log_in(self) -> "SftpTarget":
        if not self.has_key and not self.has_secret:
            raise ValueError("sftp needs secret_file or key_file (or secret_env, key_env)")
        return self

    @property
    def address(self) -> str:
        return f"sftp://{self.user}@{self.host}:{self.port}/{self.path.removeprefix('/')}"

    @property
    def leaves_machine(self) -> bool:
        return not is_loopback(self.host)
