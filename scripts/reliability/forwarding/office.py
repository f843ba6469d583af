# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reference receiver: an office that takes a file once, whichever way it comes, and remembers what it answered."""

import hashlib
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

OK, REFUSED, LATER = "0", "E1", "E2"
"""Codes of a transit: taken, refused for good, to be sent again."""
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_REFUSED_OF = 1000
"""One transit of so many is refused, and one is put off the first time it comes."""


class OfficeFullError(Exception):
    """Its disk is full: nothing of the file was kept."""


@dataclass
class Office:
    """What it holds. Safe for many threads."""

    accepted: dict[str, str] = field(default_factory=dict)
    """The file in which a transit was accepted, by transit id."""
    refused: set[str] = field(default_factory=set)
    doubled: list[str] = field(default_factory=list)
    """Transits that came in two files after one had been accepted."""
    changed: list[str] = field(default_factory=list)
    """Files that came again with other content."""
    repeats: int = 0
    """Files that came again as they were: the sender had not seen the answer."""
    is_full: bool = False
    _answers: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    _put_off: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settled(self) -> int:
        """Transits that it has decided about."""
        return len(self.accepted) + len(self.refused)

    def take(self, name: str, content: bytes) -> Mapping[str, str]:
        """The code of each transit in the file. Raises OfficeFullError."""
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            if self.is_full:
                raise OfficeFullError(name)
            if name in self._answers:
                before, codes = self._answers[name]
                self.repeats += 1
                if before != digest:
                    self.changed.append(name)
                return codes
            codes = {
                one: self._code(name, one) for one in dict.fromkeys(found.decode() for found in _ID.findall(content))
            }
            self._answers[name] = digest, codes
            return codes

    def _code(self, name: str, one: str) -> str:
        share = zlib.crc32(one.encode()) % _REFUSED_OF
        if one in self.accepted:
            self.doubled.append(one)
        if share == 0:
            self.refused.add(one)
            return REFUSED
        if share == 1 and one not in self._put_off:
            self._put_off.add(one)
            return LATER
        self.accepted[one] = name
        return OK
