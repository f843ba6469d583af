# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opens the transport of a destination's target."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import cast

from anpr.forward.profile.soap import SoapRules
from anpr.forward.transport.base import Transport, TransportModule
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import DestinationSettings
from anpr.settings.forwarding.https import HttpsTarget


def open_transport(
    destination: DestinationSettings, soap: SoapRules | None = None, clock: Clock | None = None
) -> AbstractContextManager[Transport]:
    """A transport to this destination, ready to send. Raises ForwardError.

    `soap` is that section of the profile; then the files are envelopes, and a web service is called as SOAP demands.
    """
    clock = clock or SystemClock()
    target, where = destination.target, f"forwarding.{destination.id}.target"
    if soap is not None and isinstance(target, HttpsTarget):
        from anpr.forward.transport.soap import open_soap  # noqa: PLC0415  as below

        return open_soap(target, where, soap, clock)
    # Loaded when it is used: asyncssh takes half a second, and a site that forwards to a directory does not need it.
    module = cast(TransportModule, import_module(f"{__package__}.{target.kind}"))
    return module.open_target(target, where, clock)
