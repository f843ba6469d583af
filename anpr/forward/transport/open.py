"""The transport that serves a destination's target."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from anpr.forward.transport.directory import DirectoryTransport
from anpr.forward.transport.target import parse_target
from anpr.settings import DestinationSettings


class Transport(Protocol):
    """Puts whole files at the destination. Every method raises ForwardError; its `permanent` decides the retry."""

    def send(self, name: str, data: bytes) -> None:
        """Put the file there, whole or not at all, in place of one that has its name."""

    def fetch(self, name: str) -> bytes | None:
        """The bytes of a file there, e.g. a receipt; None when there is none."""


@contextmanager
def open_transport(destination: DestinationSettings) -> Iterator[Transport]:
    """A transport to this destination, ready to send. Raises ForwardError."""
    target = parse_target(destination)
    if target.kind == "directory":
        yield DirectoryTransport(target.path)
        return
    # asyncssh takes half a second to load; a site that forwards to a directory does not need it.
    from anpr.forward.transport.sftp import open_sftp  # noqa: PLC0415

    with open_sftp(destination, target) as transport:
        yield transport
