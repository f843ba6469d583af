# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens the transport of a destination's target."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import cast

from anpr.forward.transport.base import Transport, TransportModule
from anpr.settings import DestinationSettings


def open_transport(destination: DestinationSettings) -> AbstractContextManager[Transport]:
    """A transport to this destination, ready to send. Raises ForwardError."""
    # Loaded when it is used: asyncssh takes half a second, and a site that forwards to a directory does not need it.
    module = cast(TransportModule, import_module(f"{__package__}.{destination.target.kind}"))
    return module.open_target(destination.target, f"forwarding.{destination.id}.target")
