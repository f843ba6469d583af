# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivery client: a connection to one destination, opened when first needed, that retries after passing failures."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar

from anpr.domain.errors import ForwardError
from anpr.forward.job import Job
from anpr.forward.reply.verdict import said_by
from anpr.forward.transport import ManyFiles, Receipt, Transport, open_transport

PAUSES_S = (1.0, 5.0, 20.0)
"""Seconds between the tries for one file; after the last one the run gives up and the schedule tries again later."""

MOST_AT_ONCE = 250
"""Files that are put there together; after a failure all of them are sent again."""
MOST_BYTES_AT_ONCE = 16 * 1024 * 1024
"""Of such files; on an uplink of half a megabit they take four minutes."""

_Result = TypeVar("_Result")
log = logging.getLogger(__name__)


class DeliveryClient:
    """The connection of one run, a context manager that closes it. Not thread-safe."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._open = ExitStack()
        self._transport: Transport | None = None
        self._next_at = job.clock.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def send(self, name: str, data: bytes) -> Receipt:
        """Put the file there; returns what was answered, of a status that says `ok` or `permanent`.

        Raises ForwardError when the destination refuses the file, or cannot be reached in any of the tries.
        """
        return self._try(lambda transport: self._sent(transport, name, data))

    def send_each(self, files: Iterable[tuple[str, bytes]]) -> Iterator[Receipt]:
        """Put these files there, several at once where the transport can; what was answered to each, as by `send`."""
        for some in in_groups(files, MOST_AT_ONCE, MOST_BYTES_AT_ONCE):
            if self._send_together(some):
                yield from (Receipt(name=name) for name, _ in some)
            else:
                yield from (self.send(name, data) for name, data in some)

    @property
    def sends_many(self) -> bool:
        """Whether several files are put there at once, as far as is known: not before it is connected."""
        return isinstance(self._transport, ManyFiles) and self._job.destination.most_per_minute is None

    def _send_together(self, files: Sequence[tuple[str, bytes]]) -> bool:
        def send(transport: Transport) -> bool:
            if not isinstance(transport, ManyFiles):
                return False
            transport.send_all(files)
            return True

        is_paced = self._job.destination.most_per_minute is not None
        return len(files) > 1 and not is_paced and self._try(send)

    def _sent(self, transport: Transport, name: str, data: bytes) -> Receipt:
        self._keep_pace()
        receipt = transport.send(name, data)
        said = said_by(self._job.profile.answers, receipt, self._job.profile.soap)
        if receipt.status and said.meaning in (None, "transient"):
            raise ForwardError(f"{receipt.name}: {said.told}", permanent=said.meaning is None)
        return receipt

    def _keep_pace(self) -> None:
        """Wait until another file may be sent, where the destination allows so many a minute."""
        most, clock = self._job.destination.most_per_minute, self._job.clock
        if most is None:
            return
        left = self._next_at - clock.monotonic()
        if left > 0 and clock.wait(self._job.centre.stop, left):
            raise ForwardError("stopped while it waited for its turn")
        self._next_at = max(self._next_at, clock.monotonic()) + 60.0 / most

    def fetch(self, name: str) -> Receipt | None:
        """The receipt in a file there; None when there is none. Raises ForwardError as `send` does."""
        return self._try(lambda transport: transport.fetch(name))

    def _try(self, action: Callable[[Transport], _Result]) -> _Result:
        for pause in PAUSES_S:
            try:
                return action(self._connected())
            except ForwardError as exc:
                if exc.permanent:
                    raise
                # After a failure in the middle of a file the session is in an unknown state: begin a new one.
                self._disconnect()
                log.warning("destination %s: %s; next try in %.0f s", self._job.id, exc, pause)
                if self._job.clock.wait(self._job.centre.stop, pause):
                    raise
        return action(self._connected())

    def _connected(self) -> Transport:
        if self._transport is None:
            job = self._job
            self._transport = self._open.enter_context(open_transport(job.destination, job.profile.soap, job.clock))
        return self._transport

    def _disconnect(self) -> None:
        self._transport = None
        self._open.close()


def in_groups(files: Iterable[tuple[str, bytes]], most: int, most_bytes: int) -> Iterator[list[tuple[str, bytes]]]:
    """The files in their order, at most so many and (unless one alone has more) so many bytes at a time."""
    group: list[tuple[str, bytes]] = []
    size = 0
    for name, data in files:
        if group and (len(group) == most or size + len(data) > most_bytes):
            yield group
            group, size = [], 0
        group.append((name, data))
        size += len(data)
    if group:
        yield group
