# SPDX-License-Identifier: AGPL-3.0-or-later
"""Line to a destination under test: its transport, opened anew after a failure, at the pace that the settings allow."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from anpr.domain.errors import ForwardError
from anpr.forward.profile.model import Profile
from anpr.forward.transport import Receipt, Transport, open_transport
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings


@dataclass(kw_only=True)
class TestedLine:
    """A context manager that closes it. Nothing is sent twice: what fails is told to the caller."""

    profile: Profile
    destination: DestinationSettings
    clock: Clock
    stop: threading.Event
    has_sent: bool = False
    """Whether a file got there; one that never did cannot be tested."""
    _open: ExitStack = field(default_factory=ExitStack)
    _transport: Transport | None = None
    _broken: str = ""
    _next_at: float = 0.0

    def __enter__(self) -> Self:
        self._transport = self._open.enter_context(open_transport(self.destination, self.profile.soap, self.clock))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def send(self, name: str, data: bytes) -> Receipt:
        """Hand the file over once. Raises ForwardError."""
        self._keep_pace()
        receipt = self._working().send(name, data)
        self.has_sent = True
        return receipt

    def fetch(self, name: str) -> Receipt | None:
        """A receipt that is a file; None when there is none. Raises ForwardError."""
        return self._working().fetch(name)

    def renew(self) -> None:
        """Begin a new session: after a failure in the middle of a file the old one is in an unknown state.

        Once it cannot be opened every later file fails at once.
        """
        if self._transport is None:
            return
        self._transport = None
        self._open.close()
        try:
            self._transport = self._open.enter_context(open_transport(self.destination, self.profile.soap, self.clock))
        except ForwardError as exc:
            self._broken = str(exc)

    def _working(self) -> Transport:
        if self._transport is None:
            raise ForwardError(self._broken)
        return self._transport

    def _keep_pace(self) -> None:
        most = self.destination.most_per_minute
        if most is None:
            return
        left = self._next_at - self.clock.monotonic()
        if left > 0 and self.clock.wait(self.stop, left):
            raise ForwardError("stopped while it waited for its turn")
        self._next_at = self.clock.monotonic() + 60.0 / most
