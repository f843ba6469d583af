# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registry of transports: the list of target classes, from which everything else is made.

A transport is one entry of `Target`, a module of this package with its keys, and the module of the same name as its
`kind` in `anpr/forward/transport` that sends.
"""

from typing import Annotated, get_args

from pydantic import AfterValidator, Field, WithJsonSchema

from anpr.settings.forwarding.base import TargetSettings
from anpr.settings.forwarding.directory import DirectoryTarget
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.settings.forwarding.https import HttpsTarget
from anpr.settings.forwarding.sftp import SftpTarget
from anpr.settings.forwarding.smtp import SmtpTarget

Target = Annotated[DirectoryTarget | SftpTarget | HttpsTarget | FtpsTarget | SmtpTarget, Field(discriminator="kind")]
"""One of the targets, told apart by `kind`."""

TARGETS: tuple[type[TargetSettings], ...] = get_args(get_args(Target)[0])
TRANSPORT_KINDS: tuple[str, ...] = tuple(get_args(target.model_fields["kind"].annotation)[0] for target in TARGETS)


def _known_kind(value: str) -> str:
    if value not in TRANSPORT_KINDS:
        raise ValueError(f"no transport {value!r}; one of {', '.join(TRANSPORT_KINDS)}")
    return value


TransportKind = Annotated[
    str, AfterValidator(_known_kind), WithJsonSchema({"type": "string", "enum": list(TRANSPORT_KINDS)})
]
"""The `kind` of a registered target."""
