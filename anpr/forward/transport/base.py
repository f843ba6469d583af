# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transport protocol: what a way to a destination must do, and the receipt it may give."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from anpr.domain.errors import ForwardError

MAX_RECEIPT_BYTES = 16 * 1024 * 1024
"""A receipt of 10 000 transits has about 0.5 MB; whatever is larger than this is none."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The destination's answer for a sent file, not read yet. `name` says in messages which one it is."""

    name: str
    data: bytes


class Transport(Protocol):
    """Puts whole files at the destination. Every method raises ForwardError; its `permanent` decides the retry."""

    def send(self, name: str, data: bytes) -> Receipt | None:
        """Put the file there, whole or not at all, in place of one that has its name.

        Returns the receipt when it comes with the reply, as over HTTPS; None when it is put there later, or never.
        """

    def fetch(self, name: str) -> Receipt | None:
        """The receipt in a file of this name at the destination; None when there is none, or no file is ever read."""


class TransportModule(Protocol):
    """A module of this package that implements one transport."""

    def open_target(self, target: Any, where: str) -> AbstractContextManager[Transport]:
        """A transport to this target, of the module's own settings class, ready to send. Raises ForwardError.

        `where` is the dotted key of the target in the settings, for errors.
        """


def checked_receipt(where: str, name: str, data: bytes) -> Receipt:
    """The receipt; raises ForwardError (permanent) when it has more than MAX_RECEIPT_BYTES, one more being enough."""
    if len(data) > MAX_RECEIPT_BYTES:
        raise ForwardError(f"{where}: more than {MAX_RECEIPT_BYTES} bytes", permanent=True)
    return Receipt(name=name, data=data)
