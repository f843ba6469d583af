# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target settings of the transport `ftps`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.settings.base import ServerName, is_loopback
from anpr.settings.forwarding.tls import TlsSettings
from anpr.settings.forwarding.upload import UploadSettings


class FtpsTarget(UploadSettings, TlsSettings):
    """A folder of an FTP server, over TLS for commands and data (`AUTH TLS`, RFC 4217), in passive mode."""

    kind: Literal["ftps"]
    """Of the target."""
    host: ServerName
    """Name or address of the server, which its certificate must bear."""
    port: Annotated[int, Field(ge=1, le=65535)] = 21
    """Of the FTP server."""
    user: Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]+$")]
    """Who logs in."""
    verify: Literal["size", "none"] = "size"
    """Whether the size on the server is compared after each transfer; what differs counts as not sent. `none` is for a
    server that takes files away at once or lets nobody look."""

    @model_validator(mode="after")
    def _has_a_password(self) -> Self:
        if not self.has_secret:
            raise ValueError("ftps needs secret_file or secret_env")
        return self

    @property
    def address(self) -> str:
        return f"ftps://{self.user}@{self.host}:{self.port}/{self.path.removeprefix('/')}"

    @property
    def leaves_machine(self) -> bool:
        return not is_loopback(self.host.strip("[]"))
