# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP protocol with deadlines: a connection that does not send its request, or fetch its answer, in time is cut.

uvicorn waits for ever for the rest of a header or a body, and for whoever does not read. Each such connection costs a
file descriptor, and there are only so many; nobody needs a login to open one.
"""

import asyncio
import logging

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from anpr.console.uploads import extra_seconds
from anpr.runtime.metrics import CONNECTIONS_REFUSED

log = logging.getLogger(__name__)

HEADERS_S = 10.0
BODY_S = 20.0
ANSWER_S = 60.0
"""So long may an answer wait for a client that reads nothing; live streams give up earlier by themselves."""


class DeadlineProtocol(H11Protocol):
    """uvicorn's, with a deadline for each part of a request. One timer runs at a time, besides that of writing."""

    headers_s = HEADERS_S
    body_s = BODY_S
    answer_s = ANSWER_S

    _deadline: asyncio.TimerHandle | None = None
    _phase = ""
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """The headers are due."""
        super().connection_made(transport)
        self._enter("headers")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._enter("")
        self._stop_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request has come; what is due next follows from where it ends."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """The answer is out; the next request's headers are due once it has begun, what is left of a body goes on."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client does not read as fast as we answer."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(self.answer_s, self._cut, "answer")

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        self._stop_unread()

    def _look(self) -> None:
        state = self.conn.their_state
        has_begun = bool(self.conn.trailing_data[0]) or self.cycle is None
        if state is h11.SEND_BODY:
            self._enter("body")
        else:
            self._enter("headers" if state is h11.IDLE and has_begun else "")

    def _enter(self, phase: str) -> None:
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if phase:
            limit_s = self.headers_s if phase == "headers" else self.body_s + self._of_file_s()
            self._deadline = self.loop.call_later(limit_s, self._cut, phase)

    def _of_file_s(self) -> float:
        """What a file may take besides; it is sent where the address takes one."""
        length = dict(self.headers).get(b"content-length", b"0")
        return extra_seconds(self.scope["path"], int(length)) if length.isdigit() else 0.0

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cut(self, what: str) -> None:
        CONNECTIONS_REFUSED.labels("console", f"{what}-late").inc()
        log.info("console: a connection was cut: its %s took too long", what)
        self.transport.abort()
