# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sequence number of a transit message: an optional header, so that a centre can tell what never came.

It stands in a header and not in the value: it is given by the outbox, and counts also where the value is refused.
"""

import re

from anpr.domain.sequence import MAX_NUMBER, SequenceNumber

SEQUENCE_HEADER = "sequence"
_FORM = re.compile(rb"([0-9a-f]{32}):([1-9][0-9]{0,15})")


def sequence_header(number: SequenceNumber) -> dict[str, bytes]:
    """The header of the message that has this number."""
    return {SEQUENCE_HEADER: f"{number.epoch}:{number.number}".encode()}


def read_sequence(value: bytes | None) -> SequenceNumber | None:
    """The number in this header; None without one, and for one that is none: such a message is not counted by it."""
    found = _FORM.fullmatch(value) if value is not None and len(value) <= 50 else None
    if found is None or int(found[2]) > MAX_NUMBER:
        return None
    return SequenceNumber(found[1].decode(), int(found[2]))
