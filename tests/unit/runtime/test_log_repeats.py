# SPDX-License-Identifier: AGPL-3.0-or-later
"""A log that cannot be flooded."""

import io
import logging
from collections.abc import Iterator

import pytest

from anpr.runtime.clock import ManualClock
from anpr.runtime.log_repeats import PER_PLACE, CalmHandler, OneLineFormatter, RepeatLimiter


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO, clock: ManualClock) -> Iterator[logging.Logger]:
    logger, handler = logging.getLogger("test-repeats"), CalmHandler(written, RepeatLimiter(clock.monotonic))
    handler.setFormatter(OneLineFormatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)


def test_the_same_line_comes_once_a_minute_with_a_count(
    log: logging.Logger, written: io.StringIO, clock: ManualClock
) -> None:
    for _ in range(1000):
        log.warning("disk %s is full", "a")
    log.warning("disk %s is full", "b")
    assert written.getvalue().splitlines() == ["WARNING disk a is full", "WARNING disk b is full"]
    clock.advance(61)
    log.info("something else")
    assert written.getvalue().splitlines()[2:] == [
        "WARNING disk a is full (999 more like it within a minute)",
        "INFO something else",
    ]
    log.warning("disk %s is full", "a")
    assert written.getvalue().splitlines()[-1] == "WARNING disk a is full"


def test_one_place_in_the_code_cannot_flood_with_other_words_each_time(
    log: logging.Logger, written: io.StringIO, clock: ManualClock
) -> None:
    for number in range(10_000):
        log.error("odd request %s", number)
    assert len(written.getvalue().splitlines()) == PER_PLACE
    clock.advance(61)
    log.info("later")
    assert f"({10_000 - PER_PLACE} more like it within a minute)" in written.getvalue()


def test_a_repeated_failure_is_told_without_its_traceback_again(log: logging.Logger, written: io.StringIO) -> None:
    for _ in range(5):
        try:
            raise OSError("accept: out of files")
        except OSError:
            log.exception("accept failed")
    assert written.getvalue().count("Traceback") == 1


def test_debug_lines_pass_and_what_was_held_back_is_told_at_the_end(log: logging.Logger, written: io.StringIO) -> None:
    for _ in range(3):
        log.debug("detail")
        log.info("again")
    log.handlers[0].close()
    assert written.getvalue().splitlines() == [
        "DEBUG detail",
        "INFO again",
        "DEBUG detail",
        "DEBUG detail",
        "INFO again (2 more like it within a minute)",
    ]


def test_nobody_writes_lines_or_colours_into_our_log(log: logging.Logger, written: io.StringIO) -> None:
    log.warning("console: %s", "/a\n2026-01-01 INFO all is well\x1b[2J\x9b")
    assert written.getvalue() == "WARNING console: /a\\x0a2026-01-01 INFO all is well\\x1b[2J\\x9b\n"
