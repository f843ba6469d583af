# SPDX-License-Identifier: AGPL-3.0-or-later
"""Log handler that cannot be flooded: the same line at most once a minute, then a count of how often it came.

What somebody outside can make us say again and again must not fill the disk. Lines of one place in the code with other
words each time (another address, another path) are limited too, to PER_PLACE a minute. Lines at debug level pass.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

EVERY_S = 60.0
PER_PLACE = 60
_MOST_KNOWN = 2_000


@dataclass(slots=True)
class _Seen:
    since: float
    shown: int = 1
    held_back: int = 0
    record: logging.LogRecord | None = None


class RepeatLimiter:
    """Decides which records are shown, and tells of those that were not. Bounded: the oldest goes once it is told."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lines: OrderedDict[object, _Seen] = OrderedDict()
        self._places: OrderedDict[object, _Seen] = OrderedDict()

    def is_shown(self, record: logging.LogRecord) -> bool:
        """Whether this record is to be written."""
        if record.levelno < logging.INFO:
            return True
        failure = record.exc_info[0] if record.exc_info else None
        line = (record.name, record.levelno, record.getMessage(), failure)
        place = (record.name, record.levelno, record.pathname, record.lineno, str(record.msg))
        return self._passes(self._lines, line, 1, record) and self._passes(self._places, place, PER_PLACE, record)

    def summaries(self, *, all_of_them: bool = False) -> list[logging.LogRecord]:
        """What was held back by now and not told yet: once its minute is over, or `all_of_them`."""
        found = []
        for table in (self._lines, self._places):
            while table:
                key, seen = next(iter(table.items()))
                is_over = self._monotonic() - seen.since >= EVERY_S or len(table) > _MOST_KNOWN
                if not (is_over or all_of_them):
                    break
                del table[key]
                if seen.held_back and seen.record is not None:
                    found.append(_summary(seen))
        return found

    def _passes(self, table: "OrderedDict[object, _Seen]", key: object, most: int, record: logging.LogRecord) -> bool:
        seen = table.get(key)
        if seen is None:
            table[key] = _Seen(since=self._monotonic())
            return True
        if seen.shown < most:
            seen.shown += 1
            return True
        seen.held_back += 1
        seen.record = record
        return False


def _summary(seen: _Seen) -> logging.LogRecord:
    assert seen.record is not None
    record = logging.makeLogRecord({**seen.record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})
    record.msg, record.args = f"{seen.record.getMessage()} ({seen.held_back} more like it within a minute)", ()
    return record


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


class OneLineFormatter(logging.Formatter):
    """One record, one line: control characters of the message, which may be somebody else's words, are written out."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is logging's
        """Called by `format`; a traceback keeps its lines."""
        return super().formatMessage(record).translate(_CONTROLS)


class CalmHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream, each line at most once a minute."""

    def __init__(self, stream: TextIO, limiter: RepeatLimiter | None = None) -> None:
        super().__init__(stream)
        self._limiter = limiter or RepeatLimiter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record unless it repeats itself, after what is to be told of earlier ones."""
        self._tell(self._limiter.summaries())
        if self._limiter.is_shown(record):
            super().emit(record)

    def close(self) -> None:
        """Tell what is left; called at the end of the process."""
        self._tell(self._limiter.summaries(all_of_them=True))
        super().close()

    def _tell(self, records: list[logging.LogRecord]) -> None:
        for record in records:
            super().emit(record)
