# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transport protocol: what a way to a destination must do, and the receipt that it gives for each file."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from anpr.runtime.clock import Clock

MAX_RECEIPT_BYTES = 16 * 1024 * 1024
"""A receipt of 10 000 transits has about 0.5 MB; whatever is larger than this is none."""

SLOWEST_BYTES_PER_S = 32 * 1024
"""A file that goes by FTPS or mail has `timeout_s`, and so long for its bytes besides."""

MAX_REPLY_BYTES = 4 * 1024 * 1024
"""Of a reply's body; one for 10,000 transits with a short text each has 2 MB, and as a tree several times that."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came of a file that was sent, not judged yet: the profile says what its status and its body mean.

    `name` says in messages which one it is. `status` is the one of the destination's reply, such as `201`; empty where
    the file was put there without a reply. `data` is the reply's body, or a file that the destination left; None where
    there is none. `unread` says why a body was not read; then it never means that something was accepted.
    """

    name: str
    status: str = ""
    data: bytes | None = None
    unread: str = ""


class Transport(Protocol):
    """Puts whole files at the destination. Every method raises ForwardError; its `permanent` decides the retry."""

    def send(self, name: str, data: bytes) -> Receipt:
        """Put the file there, whole or not at all, in place of one that has its name; returns what was answered.

        Without a reply that is an empty receipt. A reply of whatever status is returned, redirects excepted.
        """

    def fetch(self, name: str) -> Receipt | None:
        """The receipt in a file of this name at the destination; None when there is none, or no file is ever read."""


@runtime_checkable
class ManyFiles(Protocol):
    """What a transport may do besides: put several files there at once, where each by itself would wait for a disk or
    for answers."""

    def send_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Put all of them there, by name, as `send` does: when it returns each is there to stay.

        None has its name before it is whole. After a failure some are there; doing it again is harmless.
        """


class TransportModule(Protocol):
    """A module of this package that implements one transport."""

    def open_target(self, target: Any, where: str, clock: Clock) -> AbstractContextManager[Transport]:
        """A transport to this target, of the module's own settings class, ready to send. Raises ForwardError.

        `where` is the dotted key of the target in the settings, for errors; `clock` tells when something is sent.
        """


def checked_receipt(where: str, name: str, data: bytes) -> Receipt:
    """The receipt; `unread` when it has more than MAX_RECEIPT_BYTES, one more being enough: it is at fault, and not the
    destination, whose other receipts are read."""
    if len(data) > MAX_RECEIPT_BYTES:
        return Receipt(name=name, unread=f"{where}: more than {MAX_RECEIPT_BYTES} bytes")
    return Receipt(name=name, data=data)
